package advice

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"paceline/queue"
)

// The hour of a queue that knew no limits at its beginning is replayed so: its first burst had
// to wait for a first answer.
func TestTheReplayIsColdWhereTheQueueWas(t *testing.T) {
	for _, cold := range []bool{false, true} {
		s := situation(adaptiveSettings(), crowd(20, 1, small)...)
		s.Cold = cold
		if a := compute(t, s); (a.P95Ms > 0) != cold {
			t.Errorf("cold %v: computed %d ms", cold, a.P95Ms)
		}
	}
	late := situation(adaptiveSettings(), append(crowd(20, 1, small), asked("a", maxRequests+1, time.Millisecond, small)...)...)
	late.Cold = true
	if tr := newTraffic(late, nil, maxRequests); tr.cold {
		t.Error("a later part of the traffic begins cold")
	}
}

// A queue was cold that never had any other request.
func TestCold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, err := queue.New(adaptiveSettings())
		if err != nil {
			t.Fatal(err)
		}
		one := func() {
			_, _ = queue.Do(t.Context(), q, queue.Request{}, func(context.Context) (none struct{}, _ error) { return none, nil })
		}
		one()
		if s := situationOf(q); !s.Cold {
			t.Error("its first request is in the traffic, and it was not cold")
		}
		q.Reset("somebody")
		one()
		if s := situationOf(q); s.Cold {
			t.Error("its counters were reset, and it counts as cold")
		}
		_ = q.Shutdown(t.Context())
	})
}
