//! Antialiasing: a picture is drawn at a multiple of its resolution and reduced.

/// Each pixel is the mean of this many drawn pixels squared.
pub const OVERSAMPLING: u32 = 2;

/// Downsamples an image: the mean of each square of `factor` × `factor` pixels.
pub fn downsampled(fine: &[u8], width: usize, factor: usize) -> Vec<u8> {
    let mut coarse = Vec::with_capacity(fine.len() / (factor * factor));
    let mut sums = vec![0_u16; width / factor * 3];
    for rows in fine.chunks_exact(width * 3 * factor) {
        sums.fill(0);
        for row in rows.chunks_exact(width * 3) {
            for (sum, square) in sums.chunks_exact_mut(3).zip(row.chunks_exact(3 * factor)) {
                for pixel in square.chunks_exact(3) {
                    for channel in 0..3 {
                        sum[channel] += u16::from(pixel[channel]);
                    }
                }
            }
        }
        coarse.extend(sums.iter().map(|sum| (sum / (factor * factor) as u16) as u8));
    }
    coarse
}
