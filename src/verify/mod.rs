//! Every function of the kernels on its vectors: float32 on the host against float64, and the device against the host. It measures
//! and judges; `kernel::cases` has the vectors and says how far off is too far.

mod probes;

use serde::Serialize;

use crate::backend::Error;
use crate::backend::gpu::{Gpu, batch_functions, elementary, functions, watching};
use crate::data::{BatchOrder, Shuffle};
use crate::kernel::cases::options::Batch;
use crate::kernel::cases::{self, Point, Step, Tolerance, batches, cycles, shapes};
use crate::kernel::coefficients::STEP_FACTORS;
use crate::kernel::cycle::{self, CycleDetector};
use crate::kernel::layout::words;
use crate::kernel::optimizers::{STATE, Sgd};
use crate::kernel::options::{OptionState, Options, Run};
use crate::kernel::{ActivationFn, Coefficients, LossFn, LossForm, Rule, State, StepFactors, Variant, moments};
use crate::model::{Activation, Optimizer};
use crate::{with_activation, with_loss, with_rule};

/// One function, and how far off it was at worst.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// `elementary`, `activation`, `loss`, `neuron`, `optimizer`, `option`, `verdict` or `batch`.
    pub kind: &'static str,
    pub name: String,
    pub cases: usize,
    /// Float32 on the CPU against float64.
    pub cpu: Deviation,
    /// The device against what it is held to: float64 for elementary functions, else the host's float32.
    pub gpu: Option<Deviation>,
}

/// An error in units of the last place, and what is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Deviation {
    pub ulps: f64,
    pub allowed: f64,
}

impl Deviation {
    fn new(allowed: f64) -> Self {
        Self { ulps: 0.0, allowed }
    }

    /// Takes note of a deviation, in units of 2⁻²³ of `terms`. What is not a number is infinitely far off.
    fn note(&mut self, value: f32, exact: f64, terms: f64) {
        let difference = (f64::from(value) - exact).abs();
        let ulps = difference / (terms * f64::from(f32::EPSILON)).max(f64::from(f32::MIN_POSITIVE));
        self.ulps = if ulps <= self.ulps {
            self.ulps
        } else if ulps.is_finite() {
            ulps
        } else {
            f64::INFINITY
        };
    }

    pub fn holds(&self) -> bool {
        self.ulps <= self.allowed
    }
}

impl Finding {
    pub fn holds(&self) -> bool {
        self.cpu.holds() && self.gpu.is_none_or(|gpu| gpu.holds())
    }
}

/// Runs all vectors on the host, and on the device where there is one.
pub fn verify(gpu: Option<&Gpu>) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for function in cases::functions::ALL {
        findings.push(function_of_one(gpu, &function)?);
    }
    for activation in Activation::ALL {
        findings.push(response(gpu, activation)?);
    }
    for form in LossForm::ALL {
        findings.push(penalty(gpu, form)?);
    }
    findings.extend(neurons(gpu)?);
    for optimizer in Optimizer::ALL {
        findings.push(steps(gpu, optimizer)?);
    }
    for (name, options) in cases::options::ALL {
        findings.push(option(gpu, name, &options)?);
    }
    findings.push(watches(gpu)?);
    findings.push(orders(gpu)?);
    findings.push(means(gpu)?);
    Ok(findings)
}

/// One float32 in so many is an argument: some 50,000 of each function.
const STRIDE: u32 = 40_009;

fn function_of_one(gpu: Option<&Gpu>, function: &cases::functions::Function) -> Result<Finding, Error> {
    let arguments: Vec<f32> = function.arguments(STRIDE).collect();
    let worst = |values: &mut dyn Iterator<Item = f32>, allowed| {
        let ulps = arguments
            .iter()
            .zip(values)
            .map(|(&x, value)| function.ulps(x, value))
            .fold(0.0, |worst, ulps| if ulps <= worst { worst } else { ulps });
        Deviation { ulps, allowed }
    };
    let cpu = worst(&mut arguments.iter().map(|&x| (function.single)(x)), function.host_ulps);
    let values = probed(gpu, &elementary(), &format!("{}(probe_input[{{i}}])", function.name), [], &arguments, [1, 1])?;
    let gpu = values.map(|values| worst(&mut values.into_iter(), function.device_ulps));
    Ok(Finding { kind: "elementary", name: function.name.into(), cases: arguments.len(), cpu, gpu })
}

fn response(gpu: Option<&Gpu>, activation: Activation) -> Result<Finding, Error> {
    let call = format!("activation_{}(probe_input[{{i}}])", activation.name());
    let device = probed(gpu, &elementary(), &call, [], &shapes::Z, [1, 2])?;
    let mut finding = Compared::new(shapes::ACTIVATION_ON_HOST, shapes::ACTIVATION, device);
    for z in shapes::Z {
        let host = with_activation!(activation, A => A::at(z));
        let exact = with_activation!(activation, A => A::at(f64::from(z)));
        finding.case(&host, &exact, &shapes::terms_of(z, host));
    }
    Ok(finding.named("activation", activation.name().into()))
}

fn penalty(gpu: Option<&Gpu>, form: LossForm) -> Result<Finding, Error> {
    let rows = shapes::rows(form);
    let call = format!("loss_{}(probe_input[{{i}}], probe_input[{{i}} + 1u])", form.name());
    let device = probed(gpu, &elementary(), &call, [], &rows.concat(), [2, 2])?;
    let mut finding = Compared::new(shapes::LOSS_ON_HOST, shapes::LOSS, device);
    for [prediction, label] in rows {
        let host = with_loss!(form, L => L::at(prediction, label));
        let exact = with_loss!(form, L => L::at(f64::from(prediction), f64::from(label)));
        finding.case(&host, &exact, &shapes::terms(form, [prediction, label], host));
    }
    Ok(finding.named("loss", form.name().into()))
}

/// Gradient, loss and error from batch moments.
fn neurons(gpu: Option<&Gpu>) -> Result<Vec<Finding>, Error> {
    let points = Point::all();
    let numbers = |p: &Point| {
        let (m, c) = (&p.moments, &p.centre);
        [m.u, m.uu, m.r, m.ru, m.rr, m.rows, c.weight, c.bias, c.x, p.theta[0], p.theta[1], p.x, p.y]
    };
    let inputs: Vec<f32> = points.iter().flat_map(numbers).collect();
    let module = functions(Optimizer::Sgd) + probes::NEURON;
    let device = probed(gpu, &module, "probe_neuron({i})", [], &inputs, [13, 4])?;
    let column =
        |columns: &[usize]| device.as_ref().map(|values| values.chunks_exact(4).flat_map(|row| columns.iter().map(|&k| row[k])).collect());
    let mut slope = Compared::new(cases::SLOPE_ON_HOST, cases::SLOPE, column(&[0, 1]));
    let mut loss = Compared::new(cases::LOSS_ON_HOST, cases::LOSS, column(&[2]));
    let mut error = Compared::new(cases::ERROR_ON_HOST, cases::ERROR, column(&[3]));
    for point in &points {
        let (terms, wide) = (point.terms(), point.theta.map(f64::from));
        let (host, exact) = (
            moments::moment_gradient(&point.moments, &point.centre, point.theta),
            moments::moment_gradient(&point.moments, &point.centre, wide),
        );
        slope.case(&host.gradient, &exact.gradient, &terms.gradient);
        loss.case(&[moments::loss(&point.moments, &host)], &[moments::loss(&point.moments, &exact)], &[terms.loss]);
        let [x, y] = [point.x, point.y].map(f64::from);
        error.case(&[moments::error(point.theta, point.x, point.y)], &[moments::error(wide, x, y)], &[terms.error]);
    }
    Ok(vec![slope.named("moments", "moment_gradient".into()), loss.named("moments", "loss".into()), error.named("moments", "error".into())])
}

/// A rule's step, behind a pointer: one text of what is done with it.
type Text<T> = fn(&Coefficients<T>, &StepFactors<T>, [T; 2], [T; 2], &mut State<T>) -> [T; 2];

/// A rule's step in each of its variants.
fn steps(gpu: Option<&Gpu>, optimizer: Optimizer) -> Result<Finding, Error> {
    let module = functions(optimizer) + probes::STEP;
    let mut finding = Compared::new(cases::allowed_on_host(optimizer), cases::allowed(optimizer), gpu.map(|_| Vec::new()));
    for (flag, momentum) in [(false, false), (false, true), (true, false), (true, true)] {
        let variant = Variant { optimizer, flag, momentum };
        let steps = Step::all(variant);
        let inputs: Vec<f32> =
            steps.iter().flat_map(|s| [&s.coefficients[..], &s.factors, &s.theta, &s.gradient, &s.state].concat()).collect();
        let constants = [("MOMENTUM", f64::from(u8::from(momentum))), ("FLAG", f64::from(u8::from(flag)))];
        let values = probed(gpu, &module, "probe_step({i})", constants, &inputs, [inputs.len() / steps.len(), 2 + STATE])?;
        finding.device = finding.device.zip(values).map(|(mut all, more)| {
            all.extend(more);
            all
        });
        let (single, double): (Text<f32>, Text<f64>) = with_rule!(variant, R => (R::step, R::step));
        for step in &steps {
            let (mut state, mut wide) = (step.state, step.state.map(f64::from));
            let next = single(&step.coefficients, &step.factors, step.theta, step.gradient, &mut state);
            let (coefficients, factors) = (step.coefficients.map(f64::from), step.factors.map(f64::from));
            let exact = double(&coefficients, &factors, step.theta.map(f64::from), step.gradient.map(f64::from), &mut wide);
            let (terms, slots) = step.terms(variant, next, &state);
            finding.case(&[&next[..], &state].concat(), &[&exact[..], &wide].concat(), &[&terms[..], &slots].concat());
        }
    }
    Ok(finding.named("optimizer", optimizer.name().into()))
}

/// A batch of plain SGD with one option.
fn option(gpu: Option<&Gpu>, name: &str, options: &Options) -> Result<Finding, Error> {
    type Plain = Sgd<false, false>;
    let batches = Batch::all();
    let numbers = |b: &Batch| {
        let pairs = [b.theta, b.gradient, b.carried.sum, b.carried.average].concat();
        [&[b.k as f32][..], &b.run.values, &b.run.coefficients, &pairs].concat()
    };
    let inputs: Vec<f32> = batches.iter().flat_map(numbers).collect();
    let module = functions(Optimizer::Sgd) + probes::BATCH;
    let device = probed(gpu, &module, "probe_batch({i})", options.constants(), &inputs, [inputs.len() / batches.len(), 6])?;
    let mut finding = Compared::new(cases::options::OPTION_ON_HOST, cases::options::OPTION, device);
    for batch in &batches {
        let Batch { k, run, theta, gradient, carried } = batch;
        let stage = options.at(*k);
        let (mut behind, mut state) = (*carried, [0.0; STATE]);
        let wide = |pair: [f32; 2]| pair.map(f64::from);
        let (mut exact_behind, mut exact_state) = (OptionState { sum: wide(carried.sum), average: wide(carried.average) }, [0.0; STATE]);
        let exact_run = Run { values: run.values.map(f64::from), coefficients: run.coefficients.map(f64::from) };
        let next = run.batch::<Plain>(&stage, &[0.0; STEP_FACTORS], *theta, *gradient, &mut state, &mut behind);
        let [wide_theta, wide_gradient] = [*theta, *gradient].map(wide);
        let exact = exact_run.batch::<Plain>(&stage, &[0.0; STEP_FACTORS], wide_theta, wide_gradient, &mut exact_state, &mut exact_behind);
        let host = [next, behind.sum, behind.average].concat();
        finding.case(&host, &[exact, exact_behind.sum, exact_behind.average].concat(), &batch.terms(next, &behind));
    }
    Ok(finding.named("option", name.into()))
}

/// What is known of a cycle after one more end.
fn watches(gpu: Option<&Gpu>) -> Result<Finding, Error> {
    let cases = cycles::all();
    // As they pass through numbers: bits for what is not one.
    let numbers = |(watch, theta, since): &(CycleDetector<f32>, [f32; 2], u32)| {
        [watch.anchor[0], watch.anchor[1], watch.reach, f32::from_bits(watch.period), theta[0], theta[1], *since as f32]
    };
    let inputs: Vec<f32> = cases.iter().flat_map(numbers).collect();
    let module = watching() + probes::WATCH;
    let device = probed(gpu, &module, "probe_watch({i})", [], &inputs, [7, 4])?;
    let mut finding = Compared::new(cycles::WATCH_ON_HOST, cycles::WATCH, device);
    for (watch, theta, since) in cases {
        let host = cycle::watch(watch, theta, since);
        let wide = CycleDetector { anchor: watch.anchor.map(f64::from), reach: f64::from(watch.reach), period: watch.period };
        let exact = cycle::watch(wide, theta.map(f64::from), since);
        let [size, period] = [f64::from(theta[0].abs().max(theta[1].abs())), f64::from(exact.period)];
        let own = [host.anchor[0], host.anchor[1], host.reach, host.period as f32];
        finding.case(&own, &[exact.anchor[0], exact.anchor[1], exact.reach, period], &[size, size, size, period.max(1.0)]);
    }
    Ok(finding.named("verdict", "watch".into()))
}

/// A number as its upper and lower 16 bits: any device takes those for the numbers that they are.
fn halves(word: u32) -> [f32; 2] {
    [(word >> 16) as f32, (word & 0xFFFF) as f32]
}

/// Orders of rows.
fn orders(gpu: Option<&Gpu>) -> Result<Finding, Error> {
    let cases = batches::orders();
    let inputs: Vec<f32> = cases.iter().flat_map(|&(seed, epoch)| [halves(seed), halves(epoch)]).flatten().collect();
    let device = probed(gpu, &(batch_functions() + probes::WORD + probes::ORDER), "probe_order({i})", [], &inputs, [4, batches::ROWS])?;
    let mut finding = Compared::new(batches::EXACT, batches::EXACT, device);
    for (seed, epoch) in cases {
        let mut epochs = BatchOrder { rows: batches::ROWS, batch_size: 1, shuffle: Shuffle::Threefry { seed } }.epochs();
        (0..epoch).for_each(|_| _ = epochs.advance());
        let order: Vec<f32> = epochs.advance().iter().map(|&row| row as f32).collect();
        let exact: Vec<f64> = order.iter().map(|&row| f64::from(row)).collect();
        finding.case(&order, &exact, &[1.0; batches::ROWS]);
    }
    Ok(finding.named("batch", "order".into()))
}

/// Means of float64, rounded to float32.
fn means(gpu: Option<&Gpu>) -> Result<Finding, Error> {
    let cases = batches::means();
    let numbers_of = |(terms, divisor): &([f64; batches::TERMS], u32)| [&terms.map(words).concat()[..], &[*divisor]].concat();
    let inputs: Vec<f32> = cases.iter().flat_map(numbers_of).flat_map(halves).collect();
    let device =
        probed(gpu, &(batch_functions() + probes::WORD + probes::MEAN), "probe_mean({i})", [], &inputs, [4 * batches::TERMS + 2, 6])?;
    let mut finding = Compared::new(batches::MEAN_ON_HOST, batches::EXACT, device);
    for (terms, divisor) in cases {
        let mean = terms.iter().sum::<f64>() / f64::from(divisor);
        let host = mean as f32;
        // The device's bits are held against the host's; the host's value against the mean, where float32 has one.
        let [high, low] = words(mean);
        finding.bits(&[high, low, host.to_bits()]);
        let inside = mean == 0.0 || (f64::from(f32::MIN_POSITIVE)..=f64::from(f32::MAX)).contains(&mean.abs());
        if inside {
            finding.cpu.note(host, mean, mean.abs());
        }
    }
    Ok(finding.named("batch", "mean".into()))
}

/// A function that is compared case by case.
struct Compared {
    cases: usize,
    cpu: Deviation,
    gpu: Deviation,
    /// The device's numbers, case by case.
    device: Option<Vec<f32>>,
    taken: usize,
}

impl Compared {
    fn new(host: Tolerance, device: Tolerance, values: Option<Vec<f32>>) -> Self {
        let (cpu, gpu) = (Deviation::new(f64::from(host.ulps)), Deviation::new(f64::from(device.ulps)));
        Self { cases: 0, cpu, gpu, device: values, taken: 0 }
    }

    /// The next case: the host's numbers, float64's, and what their ulps are measured by.
    fn case(&mut self, host: &[f32], exact: &[f64], terms: &[f64]) {
        self.cases += 1;
        for ((&host, &exact), &terms) in host.iter().zip(exact).zip(terms) {
            self.cpu.note(host, exact, terms);
            if let Some(device) = &self.device {
                self.gpu.note(device.get(self.taken).copied().unwrap_or(f32::NAN), f64::from(host), terms);
            }
            self.taken += 1;
        }
    }

    /// The next case: words of the host's, which a device gives as halves.
    fn bits(&mut self, words: &[u32]) {
        let halves: Vec<f32> = words.iter().copied().flat_map(halves).collect();
        let exact: Vec<f64> = halves.iter().map(|&half| f64::from(half)).collect();
        self.case(&halves, &exact, &vec![1.0; halves.len()]);
    }

    fn named(self, kind: &'static str, name: String) -> Finding {
        Finding { kind, name, cases: self.cases, cpu: self.cpu, gpu: self.device.map(|_| self.gpu) }
    }
}

/// What a device says: `arguments` numbers in and `results` numbers out a case.
fn probed<const C: usize>(
    gpu: Option<&Gpu>,
    module: &str,
    call: &str,
    constants: [(&str, f64); C],
    inputs: &[f32],
    [arguments, results]: [usize; 2],
) -> Result<Option<Vec<f32>>, Error> {
    let Some(gpu) = gpu else { return Ok(None) };
    let module = module.to_owned() + &probes::call(call, arguments, results);
    let cases = inputs.len() / arguments;
    gpu.probe(&module, "probe", &constants, cases, inputs, results * cases).map(Some)
}
