//! Verification of every function of the kernels on its test vectors: float32 on the host against float64, and the device against the host.
//! `kernel::cases` has the vectors and the tolerances.

mod finding;
mod probes;

pub use finding::{Deviation, Finding};

use self::finding::Comparison;
use self::probes::Call;
use crate::backend::Error;
use crate::backend::gpu::{Gpu, ProbeConstants, batch_functions, cycle_functions, elementary_functions, training_functions};
use crate::data::{BatchOrder, Shuffle};
use crate::kernel::cases::options::Batch;
use crate::kernel::cases::{self, Point, Step, batches, cycles, shapes};
use crate::kernel::coefficients::STEP_FACTORS;
use crate::kernel::cycle::{self, CycleDetector};
use crate::kernel::layout::words;
use crate::kernel::optimizers::{STATE, Sgd};
use crate::kernel::options::{Options, RunCoefficients, RunState};
use crate::kernel::{ActivationFn, LossFn, LossForm, Rule, State, Update, Variant, moments};
use crate::model::{Activation, Optimizer, Params};
use crate::{with_activation, with_loss, with_rule};

/// Runs all vectors on the host, and on the device if there is one.
///
/// # Errors
///
/// If the device fails.
pub fn verify(gpu: Option<&Gpu>) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for function in cases::functions::ALL {
        findings.push(elementary_function(gpu, &function)?);
    }
    for activation in Activation::ALL {
        findings.push(activation_function(gpu, activation)?);
    }
    for form in LossForm::ALL {
        findings.push(loss_function(gpu, form)?);
    }
    findings.extend(batch_moments(gpu)?);
    for optimizer in Optimizer::ALL {
        findings.push(rule(gpu, optimizer)?);
    }
    for (name, options) in cases::options::ALL {
        findings.push(option(gpu, name, &options)?);
    }
    findings.push(cycle_detector(gpu)?);
    findings.push(batch_orders(gpu)?);
    findings.push(float64_means(gpu)?);
    Ok(findings)
}

/// The distance between two arguments in units of the last place: about 50,000 arguments per function.
const STRIDE: u32 = 40_009;

fn elementary_function(gpu: Option<&Gpu>, function: &cases::functions::Function) -> Result<Finding, Error> {
    let arguments: Vec<f32> = function.arguments(STRIDE).collect();
    let worst = |errors: &mut dyn Iterator<Item = f64>| errors.fold(0.0, |worst, ulps| if ulps <= worst { worst } else { ulps });
    let host = worst(&mut arguments.iter().map(|&x| function.ulps(x, (function.single)(x))));
    let cpu = Deviation { ulps: host, allowed: function.host_ulps };
    let call = Call {
        module: elementary_functions(),
        expression: &format!("{}(probe_input[{{i}}])", function.name),
        constants: ProbeConstants::None,
        inputs: &arguments,
        arguments: 1,
        results: 1,
    };
    let values = call.run(gpu)?;
    let gpu = values.map(|values| {
        let ulps = worst(&mut arguments.iter().zip(values).map(|(&x, value)| function.device_ulps(x, value)));
        Deviation { ulps, allowed: function.device_tolerance }
    });
    Ok(Finding { kind: "elementary", name: function.name.into(), cases: arguments.len(), cpu, gpu })
}

fn activation_function(gpu: Option<&Gpu>, activation: Activation) -> Result<Finding, Error> {
    let expression = format!("activation_{}(probe_input[{{i}}])", activation.name());
    let call = Call {
        module: elementary_functions(),
        expression: &expression,
        constants: ProbeConstants::None,
        inputs: &shapes::Z,
        arguments: 1,
        results: 2,
    };
    let device = call.run(gpu)?;
    let mut finding = Comparison::new(shapes::ACTIVATION_ON_HOST, shapes::ACTIVATION, device);
    for z in shapes::Z {
        let host = with_activation!(activation, A => A::at(z));
        let exact = with_activation!(activation, A => A::at(f64::from(z)));
        finding.add(&host, &exact, &shapes::activation_terms(z, host));
    }
    Ok(finding.named("activation", activation.name().into()))
}

fn loss_function(gpu: Option<&Gpu>, form: LossForm) -> Result<Finding, Error> {
    let rows = shapes::rows(form);
    let expression = format!("loss_{}(probe_input[{{i}}], probe_input[{{i}} + 1u])", form.name());
    let call = Call {
        module: elementary_functions(),
        expression: &expression,
        constants: ProbeConstants::None,
        inputs: &rows.concat(),
        arguments: 2,
        results: 2,
    };
    let device = call.run(gpu)?;
    let mut finding = Comparison::new(shapes::LOSS_ON_HOST, shapes::LOSS, device);
    for [prediction, label] in rows {
        let host = with_loss!(form, L => L::at(prediction, label));
        let exact = with_loss!(form, L => L::at(f64::from(prediction), f64::from(label)));
        finding.add(&host, &exact, &shapes::loss_terms(form, [prediction, label], host));
    }
    Ok(finding.named("loss", form.name().into()))
}

/// Gradient, loss and error from batch moments.
fn batch_moments(gpu: Option<&Gpu>) -> Result<Vec<Finding>, Error> {
    let points = Point::all();
    let numbers = |p: &Point| {
        let (m, c) = (&p.moments, &p.centre);
        [m.u, m.uu, m.r, m.ru, m.rr, m.rows, c.weight, c.bias, c.x, p.theta[0], p.theta[1], p.x, p.y]
    };
    let inputs: Vec<f32> = points.iter().flat_map(numbers).collect();
    let module = training_functions(Optimizer::Sgd) + probes::MOMENTS;
    let call =
        Call { module, expression: "probe_moments({i})", constants: ProbeConstants::None, inputs: &inputs, arguments: 13, results: 4 };
    let device = call.run(gpu)?;
    let column =
        |columns: &[usize]| device.as_ref().map(|values| values.chunks_exact(4).flat_map(|row| columns.iter().map(|&k| row[k])).collect());
    let mut gradient = Comparison::new(cases::GRADIENT_ON_HOST, cases::GRADIENT, column(&[0, 1]));
    let mut loss = Comparison::new(cases::LOSS_ON_HOST, cases::LOSS, column(&[2]));
    let mut error = Comparison::new(cases::ERROR_ON_HOST, cases::ERROR, column(&[3]));
    for point in &points {
        let (terms, wide) = (point.terms(), point.theta.map(f64::from));
        let (host, exact) = (
            moments::moment_gradient(&point.moments, &point.centre, point.theta),
            moments::moment_gradient(&point.moments, &point.centre, wide),
        );
        gradient.add(&host.gradient.0, &exact.gradient.0, &terms.gradient);
        loss.add(&[moments::loss(&point.moments, &host)], &[moments::loss(&point.moments, &exact)], &[terms.loss]);
        let [x, y] = [point.x, point.y].map(f64::from);
        error.add(&[moments::error(point.theta, point.x, point.y)], &[moments::error(wide, x, y)], &[terms.error]);
    }
    Ok(vec![
        gradient.named("moments", "moment_gradient".into()),
        loss.named("moments", "loss".into()),
        error.named("moments", "error".into()),
    ])
}

/// The `step` function of a rule.
type StepFn<T> = fn(&Update<'_, T>, &mut State<T>) -> Params<T>;

/// The step of a rule in each of its variants.
fn rule(gpu: Option<&Gpu>, optimizer: Optimizer) -> Result<Finding, Error> {
    let module = training_functions(optimizer) + probes::STEP;
    let mut finding = Comparison::new(cases::host_tolerance(optimizer), cases::device_tolerance(optimizer), gpu.map(|_| Vec::new()));
    for (flag, momentum) in [(false, false), (false, true), (true, false), (true, true)] {
        let variant = Variant { optimizer, flag, momentum };
        let steps = Step::all(variant);
        let inputs: Vec<f32> =
            steps.iter().flat_map(|s| [&s.coefficients[..], &s.factors, &s.theta.0, &s.gradient.0, &s.state].concat()).collect();
        let call = Call {
            module: module.clone(),
            expression: "probe_step({i})",
            constants: ProbeConstants::Variant(variant),
            inputs: &inputs,
            arguments: inputs.len() / steps.len(),
            results: 2 + STATE,
        };
        let values = call.run(gpu)?;
        finding.extend_device(values);
        let (single, double): (StepFn<f32>, StepFn<f64>) = with_rule!(variant, R => (R::step, R::step));
        for step in &steps {
            let (mut state, mut wide) = (step.state, step.state.map(f64::from));
            let next = single(&step.update(), &mut state);
            let (coefficients, factors) = (&step.coefficients.map(f64::from), &step.factors.map(f64::from));
            let update = Update { coefficients, factors, theta: step.theta.map(f64::from), g: step.gradient.map(f64::from) };
            let exact = double(&update, &mut wide);
            let (terms, slots) = step.terms(variant, next.0, &state);
            finding.add(&[&next.0[..], &state].concat(), &[&exact.0[..], &wide].concat(), &[&terms[..], &slots].concat());
        }
    }
    Ok(finding.named("optimizer", optimizer.name().into()))
}

/// One batch of plain SGD with one option.
fn option(gpu: Option<&Gpu>, name: &str, options: &Options) -> Result<Finding, Error> {
    type Plain = Sgd<false, false>;
    let batches = Batch::all();
    let numbers = |b: &Batch| {
        let pairs = [b.state.theta.0, b.gradient.0, b.state.gradient_sum.0, b.state.average.0].concat();
        [&[b.k as f32][..], &b.coefficients.options, &b.coefficients.rule, &pairs].concat()
    };
    let inputs: Vec<f32> = batches.iter().flat_map(numbers).collect();
    let module = training_functions(Optimizer::Sgd) + probes::BATCH;
    let call = Call {
        module,
        expression: "probe_batch({i})",
        constants: ProbeConstants::Options(*options),
        inputs: &inputs,
        arguments: inputs.len() / batches.len(),
        results: 6,
    };
    let device = call.run(gpu)?;
    let mut finding = Comparison::new(cases::options::OPTION_ON_HOST, cases::options::OPTION, device);
    for batch in &batches {
        let (action, factors) = (options.at(batch.k), [0.0_f32; STEP_FACTORS]);
        let mut host = batch.state;
        batch.coefficients.batch::<Plain>(&action, &factors, batch.gradient, &mut host);
        let before = &batch.state;
        let mut exact = RunState {
            theta: before.theta.map(f64::from),
            rule: before.rule.map(f64::from),
            gradient_sum: before.gradient_sum.map(f64::from),
            average: before.average.map(f64::from),
        };
        let wide = RunCoefficients { rule: batch.coefficients.rule.map(f64::from), options: batch.coefficients.options.map(f64::from) };
        wide.batch::<Plain>(&action, &factors.map(f64::from), batch.gradient.map(f64::from), &mut exact);
        let numbers = [host.theta.0, host.gradient_sum.0, host.average.0].concat();
        finding.add(&numbers, &[exact.theta.0, exact.gradient_sum.0, exact.average.0].concat(), &batch.terms(&host));
    }
    Ok(finding.named("option", name.into()))
}

/// The cycle detector after one more epoch.
fn cycle_detector(gpu: Option<&Gpu>) -> Result<Finding, Error> {
    let cases = cycles::all();
    // The period is an integer: its bits pass as a float.
    let numbers = |(detector, theta, elapsed): &(CycleDetector<f32>, Params<f32>, u32)| {
        [detector.anchor[0], detector.anchor[1], detector.reach, f32::from_bits(detector.period), theta[0], theta[1], *elapsed as f32]
    };
    let inputs: Vec<f32> = cases.iter().flat_map(numbers).collect();
    let module = cycle_functions() + probes::AFTER_EPOCH;
    let call =
        Call { module, expression: "probe_after_epoch({i})", constants: ProbeConstants::None, inputs: &inputs, arguments: 7, results: 4 };
    let device = call.run(gpu)?;
    let mut finding = Comparison::new(cycles::DETECTOR_ON_HOST, cycles::DETECTOR, device);
    for (detector, theta, elapsed) in cases {
        let host = cycle::after_epoch(detector, theta, elapsed);
        let wide = CycleDetector { anchor: detector.anchor.map(f64::from), reach: f64::from(detector.reach), period: detector.period };
        let exact = cycle::after_epoch(wide, theta.map(f64::from), elapsed);
        let [size, period] = [f64::from(theta[0].abs().max(theta[1].abs())), f64::from(exact.period)];
        let own = [host.anchor[0], host.anchor[1], host.reach, host.period as f32];
        finding.add(&own, &[exact.anchor[0], exact.anchor[1], exact.reach, period], &[size, size, size, period.max(1.0)]);
    }
    Ok(finding.named("cycle", "after_epoch".into()))
}

/// The upper and lower 16 bits of a word as floats, which pass through any device unchanged.
fn halves(word: u32) -> [f32; 2] {
    [(word >> 16) as f32, (word & 0xFFFF) as f32]
}

/// Batch orders.
fn batch_orders(gpu: Option<&Gpu>) -> Result<Finding, Error> {
    let cases = batches::orders();
    let inputs: Vec<f32> = cases.iter().flat_map(|&(seed, epoch)| [halves(seed), halves(epoch)]).flatten().collect();
    let module = batch_functions() + probes::WORD + probes::ORDER;
    let call = Call {
        module,
        expression: "probe_order({i})",
        constants: ProbeConstants::None,
        inputs: &inputs,
        arguments: 4,
        results: batches::ROWS,
    };
    let device = call.run(gpu)?;
    let mut finding = Comparison::new(batches::EXACT, batches::EXACT, device);
    for (seed, epoch) in cases {
        let mut epochs = BatchOrder { rows: batches::ROWS, batch_size: 1, shuffle: Shuffle::Threefry { seed } }.epochs();
        (0..epoch).for_each(|_| _ = epochs.advance());
        let order: Vec<f32> = epochs.advance().iter().map(|&row| row as f32).collect();
        let exact: Vec<f64> = order.iter().map(|&row| f64::from(row)).collect();
        finding.add(&order, &exact, &[1.0; batches::ROWS]);
    }
    Ok(finding.named("batch", "order".into()))
}

/// Means in float64, rounded to float32.
fn float64_means(gpu: Option<&Gpu>) -> Result<Finding, Error> {
    let cases = batches::means();
    let numbers = |(terms, divisor): &([f64; batches::TERMS], u32)| [&terms.map(words).concat()[..], &[*divisor]].concat();
    let inputs: Vec<f32> = cases.iter().flat_map(numbers).flat_map(halves).collect();
    let module = batch_functions() + probes::WORD + probes::MEAN;
    let call = Call {
        module,
        expression: "probe_mean({i})",
        constants: ProbeConstants::None,
        inputs: &inputs,
        arguments: 4 * batches::TERMS + 2,
        results: 6,
    };
    let device = call.run(gpu)?;
    let mut finding = Comparison::new(batches::MEAN_ON_HOST, batches::EXACT, device);
    for (terms, divisor) in cases {
        let mean = terms.iter().sum::<f64>() / f64::from(divisor);
        let host = mean as f32;
        // The device's bits are compared with the host's; the host's value with the mean, if that is in the normal range of float32.
        let [high, low] = words(mean);
        finding.add_halves(&[high, low, host.to_bits()].map(halves).concat());
        let is_normal = mean == 0.0 || (f64::from(f32::MIN_POSITIVE)..=f64::from(f32::MAX)).contains(&mean.abs());
        if is_normal {
            finding.cpu.record(host, mean, mean.abs());
        }
    }
    Ok(finding.named("batch", "mean".into()))
}
