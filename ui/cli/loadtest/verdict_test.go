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
		{"as computed", loadRun{Assessment: loadtest.Assessment{Judgement: loadtest.AsComputed, Deviation: 0.041}}, "as computed (+4%)"},
		{"slower", loadRun{Assessment: loadtest.Assessment{Judgement: loadtest.Slower, Deviation: 0.5}}, "slower than computed (+50%): the API or the way"},
		{"slower, and it is known why", loadRun{Assessment: loadtest.Assessment{Judgement: loadtest.Slower, Deviation: 0.5, Notes: []string{"x"}}}, "slower than computed (+50%): see below"},
		{"faster", loadRun{Assessment: loadtest.Assessment{Judgement: loadtest.Faster, Deviation: -0.5}}, "faster than computed (-50%): the answers"},
		{"stopped", loadRun{Assessment: loadtest.Assessment{Judgement: loadtest.Incomparable}, result: loadtest.Result{Stopped: true}}, "not to be compared: it was stopped"},
		{"failed", loadRun{Assessment: loadtest.Assessment{Judgement: loadtest.Incomparable}, result: loadtest.Result{Succeeded: 1, Failed: 1}}, "not to be compared: not everything succeeded"},
		{"refused", loadRun{Assessment: loadtest.Assessment{Judgement: loadtest.Incomparable, Expected: loadtest.Expected{Refused: 3}}, result: loadtest.Result{Succeeded: 1}}, "not to be compared: of this load the queue was expected to refuse 3"},
	} {
		if got := c.run.verdict(); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
