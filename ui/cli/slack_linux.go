package cli

import (
	"syscall"
	"time"
)

// timerSlack is by how much the kernel may delay what a monitor waits for: nobody sees it.
const timerSlack = time.Millisecond

// relaxTimers lets the kernel delay the timers of this process, so that one wake-up does
// for several. Without that a thread of Go's runtime, which sleeps for microseconds around
// each timer, wakes up as often as all others together. It does nothing where the program
// is linked with C.
func relaxTimers() {
	_, _, _ = syscall.AllThreadsSyscall(syscall.SYS_PRCTL, syscall.PR_SET_TIMERSLACK, uintptr(timerSlack), 0)
}
