package limiter

import "testing"

// What was only supposed, of another lane, is nobody's limit once the lane's own are
// known from elsewhere, and stays supposed where nothing is.
func TestWhatIsSupposedIsNeverTold(t *testing.T) {
	other := learned(t, Report{Requests: Limit{PerMinute: 50, Remaining: 49}, Input: Limit{PerMinute: 5000, Remaining: 5000}})
	for _, known := range []int{0, 100} {
		l := &Limiter{}
		l.AssumeLimits(0, other)
		l.SetLimits(0, [Dimensions]int{Requests: known}, 0)
		if got, want := l.PerMinute(), ([Dimensions]int{Requests: known}); got != want {
			t.Errorf("with %d known: got %v, want %v", known, got, want)
		}
	}
}
