//! What the processor is asked for in an operation, counted one instruction after the other under `ptrace`: read-modify-writes, fences,
//! system calls. So the libraries' own sources need not be read for it, nor believed.
//!
//! On x86-64 a read-modify-write is an instruction with the prefix `lock`, or an `xchg` with memory. One of the frame's own memory
//! (addressed by the stack pointer) is shared with nobody: it stands for a fence, as libraries write it that know that it is faster than `mfence`.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Read-modify-writes of memory that others may see.
    pub rmws: f64,
    /// Fences.
    pub fences: f64,
    /// System calls.
    pub calls: f64,
}

/// Where one stretch ends and the next one begins. Not by the signals that stop and continue a process: others send them too.
const MARK: libc::c_int = libc::SIGUSR1;

/// Where the program that is counted stops, so that the next stretch begins.
pub fn stop() {
    // SAFETY: the process stops, and goes on when its parent says so.
    unsafe { libc::raise(MARK) };
}

/// Runs the program, which calls [`stop`] three times: between the first two it does what is counted `few` times, between the last two
/// `many` times. What one costs.
pub fn count(program: &mut Command, few: u64, many: u64) -> Result<Counts, String> {
    // SAFETY: the call is one that may be made between `fork` and `exec`.
    unsafe {
        program.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) {
            -1 => Err(std::io::Error::last_os_error()),
            _ => Ok(()),
        });
    }
    let mut child = program.spawn().map_err(|error| format!("{program:?}: {error}"))?;
    let traced = Traced(child.id() as libc::pid_t);
    let counted = traced.stretches();
    // It may have ended.
    let _ = child.kill();
    let _ = child.wait();
    let [few_counts, many_counts] = counted?;
    let each = |of: fn(&Counts) -> f64| (of(&many_counts) - of(&few_counts)) / (many - few) as f64;
    Ok(Counts {
        rmws: each(|counts| counts.rmws),
        fences: each(|counts| counts.fences),
        calls: each(|counts| counts.calls),
    })
}

/// A stopped process, whose parent traces it.
struct Traced(libc::pid_t);

impl Traced {
    /// What it does up to the second stop, and from there to the third.
    fn stretches(&self) -> Result<[Counts; 2], String> {
        // The first trap is that of `exec`.
        self.expect(libc::SIGTRAP)?;
        self.resume(libc::PTRACE_CONT)?;
        self.expect(MARK)?;
        Ok([self.stretch()?, self.stretch()?])
    }

    /// What it does up to its next stop.
    fn stretch(&self) -> Result<Counts, String> {
        let mut counts = Counts::default();
        loop {
            self.resume(libc::PTRACE_SINGLESTEP)?;
            match self.wait()? {
                libc::SIGTRAP => counts.add(&self.next_instruction()?),
                MARK => return Ok(counts),
                libc::SIGSTOP | libc::SIGCONT => {}
                signal => return Err(format!("the program that is counted got signal {signal}")),
            }
        }
    }

    fn resume(&self, how: libc::c_uint) -> Result<(), String> {
        // SAFETY: the process is stopped, and is this one's child.
        match unsafe { libc::ptrace(how, self.0, 0, 0) } {
            -1 => Err(format!("ptrace: {}", std::io::Error::last_os_error())),
            _ => Ok(()),
        }
    }

    /// The signal by which it has stopped.
    fn wait(&self) -> Result<libc::c_int, String> {
        let mut status = 0;
        // SAFETY: there is room for the status.
        let waited = unsafe { libc::waitpid(self.0, &raw mut status, 0) };
        if waited != self.0 || !libc::WIFSTOPPED(status) {
            return Err(format!("the program that is counted has ended: {status}"));
        }
        Ok(libc::WSTOPSIG(status))
    }

    fn expect(&self, signal: libc::c_int) -> Result<(), String> {
        loop {
            match self.wait()? {
                expected if expected == signal => return Ok(()),
                libc::SIGSTOP | libc::SIGCONT => self.resume(libc::PTRACE_CONT)?,
                other => return Err(format!("signal {other} where {signal} was due")),
            }
        }
    }

    /// The first bytes of the instruction that comes next.
    fn next_instruction(&self) -> Result<[u8; 16], String> {
        let mut bytes = [0; 16];
        // SAFETY: plain data, for which all zeros is a value.
        let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        // SAFETY: the process is stopped, and there is room for its registers.
        let got = unsafe { libc::ptrace(libc::PTRACE_GETREGS, self.0, 0, &raw mut registers) };
        let local = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
        let remote = libc::iovec { iov_base: registers.rip as *mut _, iov_len: bytes.len() };
        // SAFETY: there is room for the bytes; what lies at the other address is the kernel's to check.
        let read = unsafe { libc::process_vm_readv(self.0, &raw const local, 1, &raw const remote, 1, 0) };
        if got == -1 || read <= 0 {
            return Err(format!("the next instruction: {}", std::io::Error::last_os_error()));
        }
        Ok(bytes)
    }
}

impl Counts {
    /// Counts an instruction, if it is one that is counted.
    fn add(&mut self, bytes: &[u8; 16]) {
        let mut rest = bytes.as_slice();
        let (mut locked, mut upper) = (false, false);
        while let [prefix, more @ ..] = rest {
            match prefix {
                0xf0 => locked = true,
                0x66 | 0x67 | 0xf2 | 0xf3 | 0x26 | 0x2e | 0x36 | 0x3e | 0x64 | 0x65 => {}
                // Its last bit: the address begins with one of the upper eight registers.
                0x40..=0x4f => upper = prefix & 1 == 1,
                _ => break,
            }
            rest = more;
        }
        match *rest {
            [0x0f, 0x05, ..] => self.calls += 1.0,
            [0x0f, 0xae, 0xf0..=0xf7, ..] => self.fences += 1.0,
            // Its operands: in memory, unless the upper two bits of the next byte are set.
            [0x86 | 0x87, operands, scaled, ..] if operands < 0xc0 => self.note(upper, operands, scaled),
            [0x0f, _, operands, scaled, ..] | [_, operands, scaled, ..] if locked => {
                self.note(upper, operands, scaled)
            }
            _ => {}
        }
    }

    /// A read-modify-write: of the frame's own memory, where the address begins with the stack pointer.
    fn note(&mut self, upper: bool, operands: u8, scaled: u8) {
        let of_the_frame = !upper && operands & 7 == 4 && scaled & 7 == 4;
        *(if of_the_frame { &mut self.fences } else { &mut self.rmws }) += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(bytes: &[u8]) -> (f64, f64, f64) {
        let mut counts = Counts::default();
        let mut padded = [0x90; 16];
        padded[..bytes.len()].copy_from_slice(bytes);
        counts.add(&padded);
        (counts.rmws, counts.fences, counts.calls)
    }

    #[test]
    fn instructions_are_known_by_their_bytes() {
        let (rmw, fence, call, nothing) =
            ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0));
        // lock cmpxchg [rdi], ecx; xchg [rdi], eax; lock xadd [rax], rcx; lock dec dword [rdi]
        assert_eq!(counts(&[0xf0, 0x0f, 0xb1, 0x0f]), rmw);
        assert_eq!(counts(&[0x87, 0x07]), rmw);
        assert_eq!(counts(&[0xf0, 0x48, 0x0f, 0xc1, 0x08]), rmw);
        assert_eq!(counts(&[0xf0, 0xff, 0x0f]), rmw);
        // mfence; lock or dword [rsp - 64], 0
        assert_eq!(counts(&[0x0f, 0xae, 0xf0]), fence);
        assert_eq!(counts(&[0xf0, 0x83, 0x4c, 0x24, 0xc0, 0x00]), fence);
        // lock cmpxchg [r12], ecx: not the stack pointer.
        assert_eq!(counts(&[0xf0, 0x41, 0x0f, 0xb1, 0x0c, 0x24]), rmw);
        assert_eq!(counts(&[0x0f, 0x05]), call);
        // xchg ecx, eax; mov [rdi], eax; nop
        assert_eq!(counts(&[0x87, 0xc1]), nothing);
        assert_eq!(counts(&[0x89, 0x07]), nothing);
        assert_eq!(counts(&[0x90]), nothing);
    }
}
