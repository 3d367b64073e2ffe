//! The ground of a contour map: bands of log10(J − J*), a few labelled lines, the region that counts as reached, the optimum.

use super::draw;
use super::ground::{Ground, Map};
use crate::figure::{Color, ColorBar, Dash, Layer, Mark, Tick};
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
    /// Bands from the region that counts as reached, or `lowest` where there is none, to the highest point of the map.
    pub fn over(map: &Map<'_>, reached: f64, lowest: f64) -> Self {
        let highest = map.highest();
        let top = if highest > 0.0 { libm::log10(highest) } else { 0.0 };
        let bottom = libm::log10(if reached > 0.0 { reached } else { lowest }).clamp(top - DECADES, top);
        let step = STEPS.into_iter().find(|step| (top - bottom) / step <= BANDS).unwrap_or(STEPS[STEPS.len() - 1]);
        let (first, last) = (libm::floor(bottom / step + 1e-9), libm::ceil(top / step - 1e-9));
        let count = ((last - first) as usize).max(1);
        let edges = (0..=count).map(|i| (first + i as f64) * step).collect();
        Self { edges, colors: (0..count).map(|i| draw::ground(i, count)).collect() }
    }

    /// The bands of one problem, highest first, each covering what is outside the next.
    pub fn areas(&self, map: &Map<'_>) -> Vec<Layer> {
        let mut areas = Vec::new();
        for (i, &color) in self.colors.iter().enumerate().rev() {
            let top = i + 1 == self.colors.len();
            let own = if top { vec![vec![map.frame.corners().to_vec()]] } else { map.areas(self.excess(i + 1)) };
            areas.extend(own.into_iter().map(|rings| Layer::Area { rings, color }));
        }
        areas
    }

    /// The lines between bands.
    pub fn lines(&self, map: &Map<'_>) -> Vec<Layer> {
        let arcs = (1..self.edges.len() - 1).flat_map(|edge| map.lines(self.excess(edge)));
        arcs.map(|points| Layer::Line { points, color: LINE, width: 0.6, dash: Dash::Solid }).collect()
    }

    /// J − J* at an edge.
    fn excess(&self, edge: usize) -> f64 {
        libm::exp10(self.edges[edge])
    }

    /// The bar that explains the colours.
    pub fn bar(&self, ground: &Ground<'_>) -> ColorBar {
        let skip = self.edges.len().div_ceil(8);
        let ticks = self.edges.iter().step_by(skip).map(|&at| Tick { at, label: text::short(at, 4) }).collect();
        let label = if ground.optimum().is_some() { "log10(J − J*)" } else { "log10 J" };
        ColorBar { label: label.into(), edges: self.edges.clone(), colors: self.colors.clone(), ticks }
    }

    /// J − J* beside a few lines, where they are far from each other and from `obstacles`.
    pub fn labels(&self, map: &Map<'_>, optimum: Option<[f64; 2]>, obstacles: &[[f64; 2]]) -> Vec<Layer> {
        let frame = &map.frame;
        let mut taken: Vec<[f64; 2]> = optimum.map(|optimum| frame.share(optimum)).into_iter().collect();
        let obstacles: Vec<[f64; 2]> = obstacles.iter().map(|&point| frame.share(point)).collect();
        let skip = (self.edges.len() - 1).div_ceil(LABELS).max(1);
        let sign = if optimum.is_some() { "+" } else { "" };
        let mut labels = Vec::new();
        for edge in (1..self.edges.len()).step_by(skip) {
            let excess = self.excess(edge);
            let away = |share: &[f64; 2], from: &[[f64; 2]]| {
                from.iter().map(|other| libm::hypot(share[0] - other[0], share[1] - other[1])).fold(f64::INFINITY, f64::min)
            };
            let candidates = map.lines(excess).into_iter().flatten();
            let free = candidates.map(|point| (point, frame.share(point))).filter(|(_, share)| {
                share.iter().all(|share| (FROM_BORDER..=1.0 - FROM_BORDER).contains(share)) && away(share, &taken) >= APART
            });
            let farthest = free.max_by(|a, b| away(&a.1, &obstacles).total_cmp(&away(&b.1, &obstacles)));
            if let Some((at, share)) = farthest {
                taken.push(share);
                labels.push(Layer::Label { at, text: format!("{sign}{}", text::short(excess, 2)), color: draw::FAINT });
            }
        }
        labels
    }
}

/// The line within which a run counts as having reached, and the optimum as a cross.
pub fn target(ground: &Ground<'_>, map: &Map<'_>) -> Vec<Layer> {
    let mut layers = Vec::new();
    if ground.reached() > 0.0 {
        let lines = map.lines(ground.reached()).into_iter();
        layers.extend(lines.map(|points| Layer::Line { points, color: draw::INK, width: 1.0, dash: Dash::Dashed }));
    }
    if let Some(optimum) = ground.optimum() {
        layers.push(Layer::Marks { points: vec![optimum], mark: Mark::Cross, color: draw::INK, size: 7.0 });
    }
    layers
}
