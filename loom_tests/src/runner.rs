//! What the runners share: their explorer, how far to go, what ways there are for a model to vary, and quiet where failures are
//! expected.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
#[cfg(any(loom, shuttle))]
use tollgate::model::{Settings, WakeOrder};

/// The explorer that is linked in.
#[cfg(loom)]
pub const EXPLORER: &str = if cfg!(tollgate_cured_loom) { "cured loom 0.7.2" } else { "stock loom 0.7.2" };
/// The explorer that is linked in.
#[cfg(shuttle)]
pub const EXPLORER: &str = "shuttle 0.9, random and PCT schedules";

/// Whether the run may take long.
pub fn full() -> bool {
    std::env::var_os("TOLLGATE_FULL").is_some()
}

/// Variations of `base`. First come, first served and the reverse; without and with a spurious wake-up; without and with
/// hand-over to those who have waited too long. One at a time, `base` first.
#[cfg(any(loom, shuttle))]
pub fn varied(base: Settings) -> [Settings; 4] {
    [
        base,
        Settings { spurious: 1, ..base },
        Settings { wake_order: WakeOrder::Lifo, ..base },
        Settings { too_long: true, ..base },
    ]
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Prepares the process, before anything is explored: [`guarded`] is quiet from now on. An error if the environment would cut
/// explorations short.
pub fn prepare() -> Result<(), String> {
    let cutting: Vec<_> = std::env::vars()
        .map(|(name, _)| name)
        .filter(|name| cfg!(loom) && name.starts_with("LOOM_"))
        .collect();
    if !cutting.is_empty() {
        let names = cutting.join(", ");
        return Err(format!("{names} set; loom would cut explorations short and still call them complete"));
    }
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !GUARDED.get() {
            hook(info);
        }
    }));
    Ok(())
}

/// Runs `f`, whose panics are part of what is found out and do not reach the screen; the message if it panics.
pub fn guarded<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    GUARDED.set(false);
    result.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        text.unwrap_or("a panic without a message").to_owned()
    })
}
