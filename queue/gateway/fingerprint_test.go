package gateway_test

import (
	"strings"
	"testing"
)

// Who asks the same has the same fingerprint, whoever it is.
func TestFingerprints(t *testing.T) {
	if quoted := asUser(`{"device_id":"d"}`); !strings.Contains(quoted, `\"`) {
		t.Fatalf("%s has no escapes", quoted)
	}
	r := newRig(t, simulated(t), unspaced())
	large := strings.Replace(hello, "hello", strings.Repeat("hello ", 100_000), 1)
	larger := strings.Replace(hello, "hello", strings.Repeat("hello ", 100_001), 1)
	for _, body := range []string{asUser(`{"device_id":"ann"}`), asUser(`{"device_id":"ben"}`), hello, strings.Replace(hello, "hello", "Hello", 1), hello, large, larger, large} {
		if a := r.post("/v1/messages", body); a.status != 200 {
			t.Fatalf("got %d %s", a.status, a.body)
		}
	}
	past, _ := r.queue.RecentRequests()
	f := make([]uint64, len(past))
	for i, p := range past {
		f[i] = p.Fingerprint
	}
	if len(f) != 8 || f[0] == 0 || f[0] != f[1] || f[2] != f[4] || f[2] == f[3] || f[0] == f[2] {
		t.Errorf("got %v, want that the first two are the same, and the third and fifth", f)
	}
	if f[5] == 0 || f[5] != f[7] || f[5] == f[6] {
		t.Errorf("of those that wait in a file got %v, want that the first and the last are the same", f[5:])
	}
	if past[2].Cost.Input == 0 || past[2].Cost.Output == 0 || past[2].Took == 0 || !strings.HasSuffix(past[2].Lane, "/sonnet-5-5") {
		t.Errorf("got %+v, want what it cost, how long it took, and its lane", past[2])
	}
}
