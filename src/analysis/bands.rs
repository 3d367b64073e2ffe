//! Lines with bands: the median and the 10 % to 90 % quantiles over runs that differ only in their seeds.

use std::collections::BTreeMap;

use super::statistics;
use crate::figure::{Color, Dash, Layer};

/// The opacity of a band.
const OPACITY: f64 = 0.16;

/// The quantiles of several series at common positions. A series that has ended, because its run diverged, counts as infinite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Band {
    /// The 10 % quantile; as long as `high`.
    pub low: Vec<[f64; 2]>,
    /// The median, up to the position at which half of the series have ended.
    pub median: Vec<[f64; 2]>,
    /// The 90 % quantile.
    pub high: Vec<[f64; 2]>,
}

impl Band {
    /// The quantiles of series of points with ascending, non-negative x. A single series has no band.
    pub fn of<'s>(series: impl Iterator<Item = &'s [[f64; 2]]>) -> Self {
        let mut count = 0;
        // The bits of non-negative numbers order like the numbers.
        let mut by_x: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
        for points in series {
            count += 1;
            for [x, y] in points {
                by_x.entry(x.to_bits()).or_default().push(*y);
            }
        }
        let mut band = Self::default();
        for (x, mut values) in by_x {
            let x = f64::from_bits(x);
            values.resize(count, f64::INFINITY);
            let [low, median, high] = statistics::quantiles(&values);
            band.median.extend(median.map(|median| [x, median]));
            if let Some((low, high)) = low.zip(high).filter(|_| count > 1) {
                band.low.push([x, low]);
                band.high.push([x, high]);
            }
        }
        band
    }

    /// Applies a function to all values.
    pub fn map_values(mut self, map: impl Fn(f64) -> f64) -> Self {
        for line in [&mut self.low, &mut self.median, &mut self.high] {
            for point in line.iter_mut() {
                point[1] = map(point[1]);
            }
        }
        self
    }

    /// The band, to be drawn below all lines; `None` for a single series.
    pub fn area(&self, color: Color) -> Option<Layer> {
        let ring = self.low.iter().chain(self.high.iter().rev()).copied().collect();
        (self.low.len() > 1).then(|| Layer::Area { rings: vec![ring], color: Color { alpha: OPACITY, ..color } })
    }

    /// The median.
    pub fn line(&self, color: Color, width: f64, dash: Dash) -> Layer {
        Layer::Line { points: self.median.clone(), color, width, dash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_ends_where_a_tenth_of_the_series_has_ended() {
        let rising = |slope: f64, last: usize| (0..=last).map(|x| [x as f64, slope * x as f64]).collect::<Vec<_>>();
        let series = [rising(1.0, 3), rising(2.0, 3), rising(3.0, 1)];
        let band = Band::of(series.iter().map(Vec::as_slice));
        assert_eq!(band.median, [[0.0, 0.0], [1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]);
        assert_eq!(band.high.iter().map(|point| point[0]).collect::<Vec<_>>(), [0.0, 1.0]);
        assert!((band.high[1][1] - 2.8).abs() < 1e-12 && (band.low[1][1] - 1.2).abs() < 1e-12);
        assert_eq!(Band::of(series[..1].iter().map(Vec::as_slice)).area(crate::figure::palette::INK), None);
    }
}
