package queue

import (
	"testing"
	"time"
)

func TestFarApart(t *testing.T) {
	for _, c := range []struct {
		a, b time.Duration
		want bool
	}{
		{0, 0, false},
		{0, 2 * time.Second, false},
		{0, 2001 * time.Millisecond, true},
		{6 * time.Second, 9 * time.Second, false},
		{5999 * time.Millisecond, 9 * time.Second, true},
		{time.Second, 2 * time.Second, false},
		{200 * time.Millisecond, 7 * time.Second, true},
	} {
		if FarApart(c.a, c.b) != c.want || FarApart(c.b, c.a) != c.want {
			t.Errorf("%v and %v: far apart is not %v", c.a, c.b, c.want)
		}
	}
}
