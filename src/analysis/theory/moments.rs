//! Linear algebra of second moments: E[z zᵀ] of z = (q₀, q₁, v₀, v₁, 1) as a vector of the 15 products of two components.

/// The number of components of z.
pub const STATE: usize = 5;
/// The number of products of two components.
pub const PAIRS: usize = 15;
/// The number of products that determine mean and covariance of q: the first ones of `PAIR`.
pub const OBSERVED: usize = 5;

/// A linear map of z. An affine map of (q, v) has the last row (0, 0, 0, 0, 1).
pub type Map = [[f64; STATE]; STATE];
/// E[zᵢ zⱼ] for each pair (i, j) of `PAIR`.
pub type SecondMoment = [f64; PAIRS];
/// A linear map of second moments, or its first rows.
pub type Rows<const R: usize> = [[f64; PAIRS]; R];
/// A linear map of second moments.
pub type Operator = Rows<PAIRS>;

/// The pairs (i, j), i ≤ j, in the order of a second moment.
pub const PAIR: [(usize, usize); PAIRS] =
    [(0, 0), (0, 1), (1, 1), (0, 4), (1, 4), (0, 2), (0, 3), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3), (2, 4), (3, 4), (4, 4)];

/// The position of (4, 4), whose second moment is 1.
pub const ONE: usize = PAIRS - 1;

pub const IDENTITY: Map = {
    let mut map = [[0.0; STATE]; STATE];
    let mut i = 0;
    while i < STATE {
        map[i][i] = 1.0;
        i += 1;
    }
    map
};

/// Sum of two maps, the second one multiplied by `factor`.
#[inline]
pub fn sum(a: &Map, factor: f64, b: &Map) -> Map {
    let mut sum = *a;
    for i in 0..STATE {
        for j in 0..STATE {
            sum[i][j] += factor * b[i][j];
        }
    }
    sum
}

/// The second moment of a fixed z.
pub fn of_point(z: &[f64; STATE]) -> SecondMoment {
    PAIR.map(|(i, j)| z[i] * z[j])
}

/// Sums of aᵢₖ aⱼₗ over maps A, for the first pairs (i, j) and all k and l.
pub type Products<const R: usize> = [[[f64; STATE]; STATE]; R];

/// Adds the products of a map, multiplied by `weight`.
#[inline]
pub fn add_products<const R: usize>(products: &mut Products<R>, weight: f64, a: &Map) {
    for row in 0..R {
        let (i, j) = PAIR[row];
        for k in 0..STATE {
            let factor = weight * a[i][k];
            for l in 0..STATE {
                products[row][k][l] += factor * a[j][l];
            }
        }
    }
}

/// The first rows of S ↦ ΣA S Aᵀ, from the sums of products.
pub fn rows<const R: usize>(products: &Products<R>) -> Rows<R> {
    products.map(|own| PAIR.map(|(k, l)| if k == l { own[k][k] } else { own[k][l] + own[l][k] }))
}

/// S ↦ A S Aᵀ
pub fn square(a: &Map) -> Operator {
    let mut products = [[[0.0; STATE]; STATE]; PAIRS];
    add_products(&mut products, 1.0, a);
    rows(&products)
}

/// Adds the first rows of an operator.
pub fn add_rows<const R: usize>(rows: &mut Rows<R>, operator: &Operator) {
    for (row, own) in rows.iter_mut().zip(operator) {
        for (cell, value) in row.iter_mut().zip(own) {
            *cell += value;
        }
    }
}

/// Adds S ↦ ½(A S Bᵀ + B S Aᵀ).
pub fn add_product(operator: &mut Operator, a: &Map, b: &Map) {
    for row in 0..PAIRS {
        let (i, j) = PAIR[row];
        let mut products = [[0.0; STATE]; STATE];
        for k in 0..STATE {
            for l in 0..STATE {
                products[k][l] = 0.5 * (a[i][k] * b[j][l] + b[i][k] * a[j][l]);
            }
        }
        for column in 0..PAIRS {
            let (k, l) = PAIR[column];
            operator[row][column] += if k == l { products[k][k] } else { products[k][l] + products[l][k] };
        }
    }
}

/// The product of two operators.
pub fn compose(a: &Operator, b: &Operator) -> Operator {
    let mut product = [[0.0; PAIRS]; PAIRS];
    for row in 0..PAIRS {
        for inner in 0..PAIRS {
            let factor = a[row][inner];
            for column in 0..PAIRS {
                product[row][column] += factor * b[inner][column];
            }
        }
    }
    product
}

/// The first components of the image of a second moment.
pub fn image<const R: usize>(rows: &Rows<R>, moment: &SecondMoment) -> [f64; R] {
    std::array::from_fn(|row| rows[row].iter().zip(moment).map(|(a, b)| a * b).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Map =
        [[1.0, -2.0, 0.5, 3.0, 0.25], [0.0, 1.5, -1.0, 2.0, 4.0], [2.0, 1.0, 1.0, -3.0, 0.5], [1.0; 5], [0.0, 0.0, 0.0, 0.0, 1.0]];
    const Z: [f64; STATE] = [0.3, -1.1, 2.0, 0.7, 1.0];

    fn apply(map: &Map, z: &[f64; STATE]) -> [f64; STATE] {
        std::array::from_fn(|i| (0..STATE).map(|j| map[i][j] * z[j]).sum())
    }

    #[test]
    fn an_operator_maps_the_moment_of_a_point_to_the_moment_of_its_image() {
        let square = square(&A);
        let expected = of_point(&apply(&A, &Z));
        let twice = of_point(&apply(&A, &apply(&A, &Z)));
        for (found, expected) in [(image(&square, &of_point(&Z)), expected), (image(&compose(&square, &square), &of_point(&Z)), twice)] {
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs().max(1.0)), "{found:?} {expected:?}");
        }
    }

    /// (A + B) ⊗ (A + B) = A ⊗ A + B ⊗ B + 2·sym(A ⊗ B)
    #[test]
    fn the_symmetric_product_completes_the_square_of_a_sum() {
        let b: Map = std::array::from_fn(|i| std::array::from_fn(|j| (i as f64 - 1.5) * (j as f64 + 0.5)));
        let mut parts = square(&A);
        add_rows(&mut parts, &square(&b));
        add_product(&mut parts, &A, &sum(&b, 1.0, &b));
        assert!(square(&sum(&A, 1.0, &b)).iter().flatten().zip(parts.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}
