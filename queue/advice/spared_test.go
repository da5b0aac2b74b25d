package advice

import (
	"testing"
	"time"

	"paceline/queue"
)

// What its caller got wrong fails with the queue and without it: of 276 requests 230 were
// refused for their callers' keys, and it was said that none had failed.
func TestMistakesFailWithoutTheQueueToo(t *testing.T) {
	var all []queue.RequestRecord
	for i := range 276 {
		r := queue.RequestRecord{
			Arrived: now.Add(time.Duration(i-280) * 2 * time.Second), User: "a", Lane: "org/sonnet-5", Cost: small,
			Started: true, Ended: true, Took: time.Second,
		}
		if i%6 != 0 { // 230 of them
			r.Failed, r.Errors, r.LastError = true, 1, queue.KeyRefused
		}
		all = append(all, r)
	}
	a := compute(t, situation(adaptiveSettings(), all...))
	if a.CannotTell != "" || a.Spared == nil || a.Spared.Failed != 230 || a.Spared.Lost != 230 {
		t.Errorf("cannot tell, because %q; spared %+v", a.CannotTell, a.Spared)
	}
}
