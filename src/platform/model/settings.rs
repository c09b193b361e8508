//! What a model may be told. Public as `tollgate::model` in model builds.

use crate::platform::Mutant;
use std::cell::Cell;

/// Which sleeper of a futex word a wake picks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WakeOrder {
    /// The longest sleeping, as the kernel does among threads of one priority.
    #[default]
    Fifo,
    /// The latest. No correctness may depend on the order, so models are run with both.
    Lifo,
}

/// The wake that follows a release is a step of its own, and looks at the lock's word once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LateWakes(());

impl LateWakes {
    /// # Safety
    ///
    /// In the models that run with this, every lock outlives the calls that release it: none is freed by its next owner.
    pub const unsafe fn new() -> Self {
        LateWakes(())
    }
}

/// How the model back end behaves in executions that run on this operating system thread (loom and shuttle run all
/// threads of a model on the thread that started it).
///
/// ```
/// # #[cfg(loom)] {
/// use tollgate::model::{Settings, set};
/// set(Settings { timeouts: 2, ..Settings::default() });
/// loom::model(|| { /* … */ });
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many timed waits of each thread may time out in one execution; later ones sleep until they are woken, so
    /// that a loop around a timed call ends. A call that is woken in vain waits more than once. Default 1.
    pub timeouts: usize,
    /// How many untimed waits of each thread may return for no reason in one execution. Default 0; run once with 1.
    pub spurious: usize,
    /// Whom a wake picks. Default first come, first served.
    pub wake_order: WakeOrder,
    /// Whether a thread that was woken in vain has always "waited too long" and asks to be served next. loom: always
    /// or never; shuttle: at random or never. Default `false`.
    pub too_long: bool,
    /// How many waiters of a condition sleep on one word; those beyond sleep on words of their own. Default as many as there are channels, as in
    /// reality: more than a model has. Run once with 0.
    pub sharers: u32,
    /// How many of a condition's waiters that are moved to its lock are woken at once. Default 0, as in reality for fewer than four. Run once
    /// with 1.
    pub woken_ahead: u32,
    /// With room for so many items a queue serves those who wait, one operation each: a few. Default 1; in reality 3.
    pub few: usize,
    /// How often a thread that serves those who wait at such a queue goes from one side to the other before it leaves that to those whom it serves. Default more often than a
    /// model does, as in reality: 64. Run once with 0.
    pub rounds: u32,
    /// Whether locks are the real algorithm instead of its specification (which is what a model of something else
    /// wants: fewer states, same behaviour). Default `false`.
    pub real_locks: bool,
    /// Whether a thread asks for a real lock to be passed to it before it sleeps, as one does in reality that has spun in vain. Default `false`.
    pub heirs: bool,
    /// Whether the wake that follows a lock's release is a step of its own, as in reality. Default: one step with the
    /// release.
    pub late_wakes: Option<LateWakes>,
    /// A line to switch off, to see a model fail.
    pub mutant: Option<Mutant>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            timeouts: 1,
            spurious: 0,
            wake_order: WakeOrder::Fifo,
            too_long: false,
            sharers: u32::MAX,
            woken_ahead: 0,
            few: 1,
            rounds: u32::MAX,
            real_locks: false,
            heirs: false,
            late_wakes: None,
            mutant: None,
        }
    }
}

std::thread_local! {
    static SETTINGS: Cell<Option<Settings>> = const { Cell::new(None) };
}

/// Sets the [`Settings`] for models that are started on the calling thread from now on. Call it outside a model.
pub fn set(settings: Settings) {
    SETTINGS.set(Some(settings));
}

/// The settings in force.
pub fn current() -> Settings {
    SETTINGS.get().unwrap_or_default()
}
