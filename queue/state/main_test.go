package state

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/queue"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// operator notes what is said to the operator.
type operator struct {
	mu    sync.Mutex
	lines []string
}

func (o *operator) say(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lines = append(o.lines, fmt.Sprintf(format, args...))
}

// heard checks what was said since the last call: one line for each want, with it
// in it.
func (o *operator) heard(t *testing.T, wants ...string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	ok := len(o.lines) == len(wants)
	for i := 0; ok && i < len(wants); i++ {
		ok = strings.Contains(o.lines[i], wants[i])
	}
	if !ok {
		t.Errorf("the operator heard %q, want %q", o.lines, wants)
	}
	o.lines = nil
}

var seen = time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)

// some is a state that is not zero.
func some() queue.State {
	wait := int64(1900)
	return queue.State{
		Successful: 45, Failed: 2, Resets: 1, Starts: 47, WaitedMs: 110_000,
		LastProcessedAt: &queue.Time{Time: seen},
		Users: []queue.UserState{
			{Group: "team", Name: "user_<1>", Done: 40, Failed: 2, LastWaitMs: &wait, Seen: queue.Time{Time: seen}},
			{Name: "user_2", Done: 5, Seen: queue.Time{Time: seen.Add(-time.Hour)}},
		},
	}
}
