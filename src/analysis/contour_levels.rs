//! Filled contours of log10(J − J*): bands, isolines with labels, the convergence region, and the optimum.

use super::cost_surface::{ContourMap, CostSurface};
use super::sample::spread;
use crate::figure::ticks::axis;
use crate::figure::{Color, ColorBar, Dash, Layer, Marker, Scale, Tick, palette};
use crate::model::Params;
use crate::text;

/// The largest number of bands.
const MAX_BANDS: f64 = 10.0;

/// Candidate widths of a band in decades. The smallest one that gives at most [`MAX_BANDS`] bands is used.
const STEPS: [f64; 7] = [0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0];

/// Values more than this many decades below the largest J − J* in the frame share one band.
const DECADES: f64 = 20.0;

/// The largest number of labelled isolines.
const MAX_LABELS: usize = 4;

/// The largest number of places that are tried for a label.
const PLACES: usize = 30;

/// Smallest distances of a label from other labels and the optimum, and from the border, as fractions of the frame.
const LABEL_DISTANCE: f64 = 0.15;
const BORDER_DISTANCE: f64 = 0.1;

/// The colour of isolines.
const LINE: Color = Color { alpha: 0.35, ..palette::INK };

/// Contour levels and the colours of the bands between them, shared by all panels of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct ContourLevels {
    /// log10(J − J*), ascending and evenly spaced. Values below the first level belong to the first band.
    pub edges: Vec<f64>,
    pub colors: Vec<Color>,
}

impl ContourLevels {
    /// Levels from `lowest` to the highest point of the map.
    pub fn new(map: &ContourMap<'_>, lowest: f64) -> Self {
        let highest = map.highest();
        let top = if highest > 0.0 { libm::log10(highest) } else { 0.0 };
        let bottom = libm::log10(lowest).clamp(top - DECADES, top);
        let step = STEPS.into_iter().find(|step| (top - bottom) / step <= MAX_BANDS).unwrap_or(STEPS[STEPS.len() - 1]);
        let (first, last) = (libm::floor(bottom / step + 1e-9), libm::ceil(top / step - 1e-9));
        let count = ((last - first) as usize).max(1);
        let edges = (0..=count).map(|i| (first + i as f64) * step).collect();
        Self { edges, colors: (0..count).map(|i| palette::band(i, count)).collect() }
    }

    /// The bands, highest first: each one is drawn over the one above it.
    pub fn bands(&self, map: &ContourMap<'_>) -> Vec<Layer> {
        let mut bands = Vec::new();
        for (i, &color) in self.colors.iter().enumerate().rev() {
            let is_highest = i + 1 == self.colors.len();
            let areas = if is_highest { vec![vec![map.frame.corners().to_vec()]] } else { map.areas(self.excess(i + 1)) };
            bands.extend(areas.into_iter().map(|rings| Layer::Area { rings, color }));
        }
        bands
    }

    /// The isolines between bands.
    pub fn isolines(&self, map: &ContourMap<'_>) -> Vec<Layer> {
        let lines = (1..self.edges.len() - 1).flat_map(|edge| map.lines(self.excess(edge)));
        lines.map(|points| Layer::Line { points, color: LINE, width: 0.6, dash: Dash::Solid }).collect()
    }

    /// J − J* at a level.
    fn excess(&self, edge: usize) -> f64 {
        libm::exp10(self.edges[edge])
    }

    /// The colour bar.
    pub fn color_bar(&self, surface: &CostSurface<'_>) -> ColorBar {
        let range = [0, self.edges.len() - 1].map(|edge| self.excess(edge));
        let ticks = axis("", Scale::Log, range).ticks.into_iter().map(|tick| Tick { at: libm::log10(tick.at), ..tick }).collect();
        let label = if surface.optimum().is_some() { "J − J*" } else { "J" };
        ColorBar { label: label.into(), edges: self.edges.clone(), colors: self.colors.clone(), ticks }
    }

    /// Labels with J − J* on a few isolines, preferably far from `obstacles`.
    pub fn labels(&self, map: &ContourMap<'_>, optimum: Option<Params<f64>>, obstacles: &[[f64; 2]]) -> Vec<Layer> {
        let frame = &map.frame;
        let mut occupied: Vec<[f64; 2]> = optimum.map(|optimum| frame.relative(optimum.0)).into_iter().collect();
        let obstacles: Vec<[f64; 2]> = obstacles.iter().map(|&point| frame.relative(point)).collect();
        let skip = (self.edges.len() - 1).div_ceil(MAX_LABELS).max(1);
        let sign = if optimum.is_some() { "J* + " } else { "J = " };
        let mut labels = Vec::new();
        for edge in (1..self.edges.len()).step_by(skip) {
            let excess = self.excess(edge);
            let distance = |point: &[f64; 2], others: &[[f64; 2]]| {
                others.iter().map(|other| libm::hypot(point[0] - other[0], point[1] - other[1])).fold(f64::INFINITY, f64::min)
            };
            let candidates = map.lines(excess).into_iter().flatten();
            let free = candidates.map(|point| (point, frame.relative(point))).filter(|(_, relative)| {
                relative.iter().all(|share| (BORDER_DISTANCE..=1.0 - BORDER_DISTANCE).contains(share))
                    && distance(relative, &occupied) >= LABEL_DISTANCE
            });
            let mut free: Vec<([f64; 2], [f64; 2])> = free.collect();
            free.sort_by(|a, b| distance(&b.1, &obstacles).total_cmp(&distance(&a.1, &obstacles)));
            if let Some(&(_, farthest)) = free.first() {
                occupied.push(farthest);
                let points = spread(free.len(), PLACES).map(|position| free[position].0).collect();
                labels.push(Layer::InlineLabel { points, text: format!("{sign}{}", text::short(excess, 2)), color: palette::FAINT });
            }
        }
        labels
    }
}

/// The border of the convergence region, dashed, and the optimum as a cross.
pub fn target(surface: &CostSurface<'_>, map: &ContourMap<'_>) -> Vec<Layer> {
    let mut layers = Vec::new();
    if surface.convergence_excess() > 0.0 {
        let lines = map.lines(surface.convergence_excess()).into_iter();
        layers.extend(lines.map(|points| Layer::Line { points, color: palette::INK, width: 1.0, dash: Dash::Dashed }));
    }
    if let Some(optimum) = surface.optimum() {
        layers.push(Layer::Markers { points: vec![optimum.0], marker: Marker::Cross, color: palette::INK, size: 7.0 });
    }
    layers
}
