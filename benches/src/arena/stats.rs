//! Medians, and how far they can be trusted.

/// Times that a bootstrap draws again.
const SAMPLES: usize = 2_000;

/// The value in the middle; 0 of nothing.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value below which this part of `values` is, between two of them where need be; 0 of nothing.
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = part * last as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * (place - place.floor())
}

/// `exp` of the mean of logarithms.
pub fn geometric_mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (count, sum) =
        values.into_iter().fold((0_u32, 0.0), |(count, sum), value| (count + 1, sum + value.ln()));
    (sum / f64::from(count)).exp()
}

/// A value, and the 95 % interval of a bootstrap around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Of the values that were measured.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The geometric mean of the medians of several series. The interval: each series is drawn again from itself, 2000 times. The draws
/// are the same in each call, so the same measurements give the same interval.
pub fn mean_of_medians(series: &[&[f64]]) -> Estimate {
    let mut random = fastrand::Rng::with_seed(2_000);
    let mut again = Vec::new();
    let mut samples: Vec<_> = (0..SAMPLES)
        .map(|_| {
            geometric_mean(series.iter().map(|values| {
                again.clear();
                again.extend(values.iter().map(|_| values[random.usize(..values.len())]));
                median(&again)
            }))
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    Estimate {
        value: geometric_mean(series.iter().map(|values| median(values))),
        low: samples[SAMPLES / 40],
        high: samples[SAMPLES - 1 - SAMPLES / 40],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_quantiles_are_between_the_values_they_are_of() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
        assert_eq!(quantile(&[0.0, 10.0, 20.0, 30.0, 40.0], 0.25), 10.0);
        assert_eq!(quantile(&[5.0], 0.99), 5.0);
    }

    #[test]
    fn a_geometric_mean_weighs_twice_and_half_alike() {
        assert!((geometric_mean([2.0, 0.5]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_interval_of_equal_values_is_a_point() {
        let estimate = mean_of_medians(&[&[1.5; 8]]);
        for end in [estimate.value, estimate.low, estimate.high] {
            assert!((end - 1.5).abs() < 1e-12, "{estimate:?}");
        }
    }

    /// Of 400 series of 15 values around 1, the interval should hold 1 for some 95 %. The percentile bootstrap of a median is
    /// known to be a little narrow at such sizes.
    #[test]
    fn the_interval_holds_the_true_median_about_as_often_as_it_says() {
        let mut random = fastrand::Rng::with_seed(7);
        let holds = (0..400)
            .filter(|_| {
                let values: Vec<_> = (0..15).map(|_| 0.9 + 0.2 * random.f64()).collect();
                let estimate = mean_of_medians(&[&values]);
                estimate.low <= 1.0 && 1.0 <= estimate.high
            })
            .count();
        assert!((340..=396).contains(&holds), "{holds} of 400");
    }

    #[test]
    fn more_rounds_narrow_the_interval() {
        let mut random = fastrand::Rng::with_seed(7);
        let many: Vec<_> = (0..400).map(|_| 0.5 + random.f64()).collect();
        let width = |values: &[f64]| {
            let estimate = mean_of_medians(&[values]);
            estimate.high - estimate.low
        };
        assert!(width(&many) < width(&many[..10]) / 2.0);
    }
}
