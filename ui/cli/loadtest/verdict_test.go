package loadtest

import (
	"strings"
	"testing"

	"paceline/client/loadtest"
)

func TestVerdictsInWords(t *testing.T) {
	for _, c := range []struct {
		name string
		run  loadRun
		want string
	}{
		{"as computed", loadRun{judgement: loadtest.AsComputed, off: 0.041}, "as computed (+4%)"},
		{"slower", loadRun{judgement: loadtest.Slower, off: 0.5}, "slower than computed (+50%): the API or the way"},
		{"slower, and it is known why", loadRun{judgement: loadtest.Slower, off: 0.5, notes: []string{"x"}}, "slower than computed (+50%): see below"},
		{"faster", loadRun{judgement: loadtest.Faster, off: -0.5}, "faster than computed (-50%): the answers"},
		{"stopped", loadRun{judgement: loadtest.Incomparable, result: loadtest.Result{Stopped: true}}, "not to be compared: it was stopped"},
		{"failed", loadRun{judgement: loadtest.Incomparable, result: loadtest.Result{Succeeded: 1, Failed: 1}}, "not to be compared: not everything succeeded"},
		{"refused", loadRun{judgement: loadtest.Incomparable, result: loadtest.Result{Succeeded: 1}, expected: loadtest.Expected{Refused: 3}}, "not to be compared: of this load the queue was expected to refuse 3"},
	} {
		if got := c.run.verdict(); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
