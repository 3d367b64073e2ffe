//! The ground of a contour map: bands of log10(J − J*), a few labelled lines, the region that counts as reached, the optimum.

use super::draw;
use super::frame::{Frame, reached_excess};
use super::isoline::Isoline;
use crate::figure::{Color, ColorBar, Dash, Layer, Mark, Tick};
use crate::model::Quadratic;
use crate::text;

/// The most bands.
const BANDS: f64 = 10.0;

/// Widths of a band in decades, from which the smallest that gives few enough bands is taken.
const STEPS: [f64; 7] = [0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0];

/// What is smaller than so many decades below the largest excess in the frame is one band.
const DECADES: f64 = 20.0;

/// The most labels on lines.
const LABELS: usize = 4;

/// How far a label stays from another, from the optimum and from the border, in shares of the frame.
const APART: f64 = 0.15;
const FROM_BORDER: f64 = 0.1;

/// The lines between bands.
const LINE: Color = Color { alpha: 0.35, ..draw::INK };

/// Levels and their colours, shared by all panels of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Bands {
    /// log10(J − J*), ascending and equally far apart. What is below the first is in the first band.
    pub edges: Vec<f64>,
    pub colors: Vec<Color>,
}

impl Bands {
    /// Bands from the region that counts as reached to the highest corner of any frame.
    pub fn over<'q>(panels: impl Iterator<Item = (&'q Quadratic, Frame)> + Clone) -> Self {
        let highest = panels.clone().flat_map(|(q, frame)| frame.corners().map(|[w, b]| q.excess(w, b))).fold(0.0, f64::max);
        let top = if highest > 0.0 { libm::log10(highest) } else { 0.0 };
        let reached = panels.map(|(q, _)| reached_excess(q)).filter(|&excess| excess > 0.0).fold(f64::INFINITY, f64::min);
        let bottom = libm::log10(reached).clamp(top - DECADES, top);
        let step = STEPS.into_iter().find(|step| (top - bottom) / step <= BANDS).unwrap_or(STEPS[STEPS.len() - 1]);
        let (first, last) = (libm::floor(bottom / step + 1e-9), libm::ceil(top / step - 1e-9));
        let count = ((last - first) as usize).max(1);
        let edges = (0..=count).map(|i| (first + i as f64) * step).collect();
        Self { edges, colors: (0..count).map(|i| draw::ground(i, count)).collect() }
    }

    /// The bands of one problem, highest first, each covering what is outside the next.
    pub fn areas(&self, quadratic: &Quadratic, frame: &Frame) -> Vec<Layer> {
        let mut areas = Vec::new();
        for (i, &color) in self.colors.iter().enumerate().rev() {
            let top = i + 1 == self.colors.len();
            let ring = if top { Some(frame.corners().to_vec()) } else { Isoline::new(quadratic, self.excess(i + 1)).region(frame) };
            areas.extend(ring.map(|ring| Layer::Area { rings: vec![ring], color }));
        }
        areas
    }

    /// The lines between bands.
    pub fn lines(&self, quadratic: &Quadratic, frame: &Frame) -> Vec<Layer> {
        let arcs = (1..self.edges.len() - 1).flat_map(|edge| Isoline::new(quadratic, self.excess(edge)).arcs(frame));
        arcs.map(|points| Layer::Line { points, color: LINE, width: 0.6, dash: Dash::Solid }).collect()
    }

    /// J − J* at an edge.
    fn excess(&self, edge: usize) -> f64 {
        libm::exp10(self.edges[edge])
    }

    /// The bar that explains the colours.
    pub fn bar(&self) -> ColorBar {
        let skip = self.edges.len().div_ceil(8);
        let ticks = self.edges.iter().step_by(skip).map(|&at| Tick { at, label: text::short(at, 4) }).collect();
        ColorBar { label: "log10(J − J*)".into(), edges: self.edges.clone(), colors: self.colors.clone(), ticks }
    }

    /// J − J* beside a few lines, where they are far from each other and from `obstacles`.
    pub fn labels(&self, quadratic: &Quadratic, frame: &Frame, obstacles: &[[f64; 2]]) -> Vec<Layer> {
        let mut taken: Vec<[f64; 2]> = vec![frame.share([quadratic.weight, quadratic.bias])];
        let obstacles: Vec<[f64; 2]> = obstacles.iter().map(|&point| frame.share(point)).collect();
        let skip = (self.edges.len() - 1).div_ceil(LABELS).max(1);
        let mut labels = Vec::new();
        for edge in (1..self.edges.len()).step_by(skip) {
            let excess = self.excess(edge);
            let away = |share: &[f64; 2], from: &[[f64; 2]]| {
                from.iter().map(|other| libm::hypot(share[0] - other[0], share[1] - other[1])).fold(f64::INFINITY, f64::min)
            };
            let candidates = Isoline::new(quadratic, excess).arcs(frame).into_iter().flatten();
            let free = candidates.map(|point| (point, frame.share(point))).filter(|(_, share)| {
                share.iter().all(|share| (FROM_BORDER..=1.0 - FROM_BORDER).contains(share)) && away(share, &taken) >= APART
            });
            let farthest = free.max_by(|a, b| away(&a.1, &obstacles).total_cmp(&away(&b.1, &obstacles)));
            if let Some((at, share)) = farthest {
                taken.push(share);
                labels.push(Layer::Label { at, text: format!("+{}", text::short(excess, 2)), color: draw::FAINT });
            }
        }
        labels
    }
}

/// The line within which a run counts as having reached, and the optimum as a cross.
pub fn target(quadratic: &Quadratic, frame: &Frame) -> Vec<Layer> {
    let excess = reached_excess(quadratic);
    let mut layers = Vec::new();
    if excess > 0.0 {
        let arcs = Isoline::new(quadratic, excess).arcs(frame);
        layers.extend(arcs.into_iter().map(|points| Layer::Line { points, color: draw::INK, width: 1.0, dash: Dash::Dashed }));
    }
    layers.push(Layer::Marks { points: vec![[quadratic.weight, quadratic.bias]], mark: Mark::Cross, color: draw::INK, size: 7.0 });
    layers
}
