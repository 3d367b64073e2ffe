//! `--shard I/N`, and `--shard auto`, which reads the environment of an array of jobs.

use gradsweep::store::Shard;

use super::failure::Failure;

/// The shard that a command trains.
#[derive(Clone, Copy, Debug)]
pub enum Choice {
    /// `I/N`.
    Given(Shard),
    /// The environment has it.
    Auto,
}

/// Parses `I/N` or `auto`.
pub fn parse(text: &str) -> Result<Choice, String> {
    if text == "auto" {
        return Ok(Choice::Auto);
    }
    let numbers = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
    let shard = numbers.and_then(|(index, count)| Shard::new(index, count));
    shard.map(Choice::Given).ok_or_else(|| "write I/N with 1 <= I <= N, for example 2/4, or auto".into())
}

impl Choice {
    /// The shard.
    pub fn resolve(self) -> Result<Shard, Failure> {
        match self {
            Self::Given(shard) => Ok(shard),
            Self::Auto => from_environment(|name| std::env::var(name).ok()),
        }
    }
}

/// The shard of a job: of a Slurm array, of a Kubernetes Indexed Job with `GRADSWEEP_SHARDS`, or as `GRADSWEEP_SHARD` and `GRADSWEEP_SHARDS` state it.
fn from_environment(read: impl Fn(&str) -> Option<String>) -> Result<Shard, Failure> {
    let number = |name: &str| -> Result<u64, Failure> {
        let text = read(name).ok_or_else(|| Failure::usage(format!("--shard auto: the environment has no {name}")))?;
        text.parse().map_err(|_| Failure::usage(format!("--shard auto: {name} is {text:?}, which is no whole number")))
    };
    let given = |name: &str| read(name).is_some();
    let (index, count) = if given("GRADSWEEP_SHARD") {
        (number("GRADSWEEP_SHARD")?, number("GRADSWEEP_SHARDS")?)
    } else if given("SLURM_ARRAY_TASK_ID") {
        let [id, first, count] = [number("SLURM_ARRAY_TASK_ID")?, number("SLURM_ARRAY_TASK_MIN")?, number("SLURM_ARRAY_TASK_COUNT")?];
        let step = if given("SLURM_ARRAY_TASK_STEP") { number("SLURM_ARRAY_TASK_STEP")? } else { 1 };
        (id.saturating_sub(first) / step.max(1) + 1, count)
    } else if given("JOB_COMPLETION_INDEX") {
        (number("JOB_COMPLETION_INDEX")?.saturating_add(1), number("GRADSWEEP_SHARDS")?)
    } else {
        return Err(Failure::usage(
            "--shard auto: the environment has neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX nor GRADSWEEP_SHARD; write --shard I/N",
        ));
    };
    Shard::new(index, count).ok_or_else(|| Failure::usage(format!("--shard auto: there is no shard {index} of {count}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Result<String, String> {
        let read = |name: &str| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
        from_environment(read).map(|shard| shard.to_string()).map_err(|failure| failure.message().to_owned())
    }

    #[test]
    fn jobs_state_their_shard() {
        let slurm = |id| {
            [("SLURM_ARRAY_TASK_ID", id), ("SLURM_ARRAY_TASK_MIN", "10"), ("SLURM_ARRAY_TASK_COUNT", "4"), ("SLURM_ARRAY_TASK_STEP", "2")]
        };
        assert_eq!(found(&slurm("10")).unwrap(), "1/4");
        assert_eq!(found(&slurm("16")).unwrap(), "4/4");
        assert_eq!(found(&[("JOB_COMPLETION_INDEX", "0"), ("GRADSWEEP_SHARDS", "3")]).unwrap(), "1/3");
        assert_eq!(found(&[("GRADSWEEP_SHARD", "2"), ("GRADSWEEP_SHARDS", "3")]).unwrap(), "2/3");
        assert!(found(&[("JOB_COMPLETION_INDEX", "0")]).unwrap_err().contains("GRADSWEEP_SHARDS"));
        assert!(found(&[("GRADSWEEP_SHARD", "0"), ("GRADSWEEP_SHARDS", "3")]).unwrap_err().contains("no shard 0 of 3"));
        assert!(found(&[("GRADSWEEP_SHARD", "x"), ("GRADSWEEP_SHARDS", "3")]).unwrap_err().contains("\"x\""));
        assert!(found(&[]).unwrap_err().contains("--shard I/N"));
    }

    #[test]
    fn shards_are_written_as_i_of_n() {
        assert!(matches!(parse("2/4"), Ok(Choice::Given(Shard { index: 2, count: 4 }))) && matches!(parse("auto"), Ok(Choice::Auto)));
        for wrong in ["0/4", "5/4", "2", "a/b", "-1/4", "1/4/4", ""] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
