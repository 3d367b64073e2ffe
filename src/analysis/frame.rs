//! The rectangle of the weight-bias plane that a figure shows.

/// The ranges of weight and bias.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub weight: [f64; 2],
    pub bias: [f64; 2],
}

impl Frame {
    /// Whether a point is inside or on the border, up to rounding.
    pub fn contains(&self, point: [f64; 2]) -> bool {
        self.relative(point).iter().all(|share| (-1e-9..=1.0 + 1e-9).contains(share))
    }

    /// Lower left, lower right, upper right, upper left.
    pub fn corners(&self) -> [[f64; 2]; 4] {
        let ([left, right], [bottom, top]) = (self.weight, self.bias);
        [[left, bottom], [right, bottom], [right, top], [left, top]]
    }

    /// A point in units of the frame: 0 at the left and lower border, 1 at the right and upper border.
    pub fn relative(&self, [w, b]: [f64; 2]) -> [f64; 2] {
        [(w - self.weight[0]) / (self.weight[1] - self.weight[0]), (b - self.bias[0]) / (self.bias[1] - self.bias[0])]
    }

    /// Height over width.
    pub fn ratio(&self) -> f64 {
        (self.bias[1] - self.bias[0]) / (self.weight[1] - self.weight[0])
    }

    /// The smallest frame around this one, with the same centre, whose height over width is within the bounds.
    pub fn with_ratio(self, [low, high]: [f64; 2]) -> Self {
        let stretched = |[from, to]: [f64; 2], factor: f64| {
            let (middle, half) = (f64::midpoint(from, to), (to - from) / 2.0 * factor);
            [middle - half, middle + half]
        };
        let ratio = self.ratio();
        Self { weight: stretched(self.weight, (ratio / high).max(1.0)), bias: stretched(self.bias, (low / ratio).max(1.0)) }
    }

    /// The point of the frame that is nearest to a point, along each axis.
    pub fn clamp(&self, [w, b]: [f64; 2]) -> [f64; 2] {
        [w.clamp(self.weight[0], self.weight[1]), b.clamp(self.bias[0], self.bias[1])]
    }

    /// The position of a border point along the border: 0 at the lower left corner, then counterclockwise up to 4, 1 per side.
    pub fn border_position(&self, point: [f64; 2]) -> f64 {
        let [x, y] = self.relative(point);
        let sides = [(y, x), (1.0 - x, 1.0 + y), (1.0 - y, 3.0 - x), (x, 4.0 - y)];
        let (_, position) = sides.into_iter().min_by(|a, b| a.0.abs().total_cmp(&b.0.abs())).unwrap_or_default();
        position.rem_euclid(4.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_stretched_to_the_nearest_ratio() {
        let wide = Frame { weight: [0.0, 10.0], bias: [1.0, 2.0] };
        assert_eq!(wide.with_ratio([0.5, 2.0]), Frame { weight: [0.0, 10.0], bias: [-1.0, 4.0] });
        let high = Frame { weight: [0.0, 1.0], bias: [0.0, 10.0] };
        assert_eq!(high.with_ratio([0.5, 2.0]), Frame { weight: [-2.0, 3.0], bias: [0.0, 10.0] });
        assert_eq!(high.with_ratio([0.5, 10.0]), high);
    }
}
