package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"paceline/queue/gateway"
)

// The upstream's last answer decides whether it is a simulated API, and before the
// first one nobody knows.
func TestUpstreamReportsThatItIsSimulated(t *testing.T) {
	says := "true"
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if says != "" {
			w.Header().Set("X-Paceline-Simulated", says)
		}
		_, _ = w.Write([]byte(`{"type":"message"}`))
	}))
	defer upstream.Close()
	r := newRig(t, upstream.URL, unspaced())
	check := func(what string, simulated, known bool) {
		t.Helper()
		if s, k := r.gateway.Simulated(); s != simulated || k != known {
			t.Errorf("%s: got simulated %v, known %v, want %v, %v", what, s, k, simulated, known)
		}
		a := r.post("/v2/nowhere", "") // we answer that ourselves
		if got := a.header.Get("X-Paceline-Simulated") == "true"; got != simulated {
			t.Errorf("%s: our own answer says simulated: %v, want %v", what, got, simulated)
		}
	}
	check("before the first answer", false, false)
	for _, answer := range []struct {
		says      string
		simulated bool
	}{{"true", true}, {"", false}, {"true", true}, {"no", false}} {
		says = answer.says
		r.post("/v1/messages", hello)
		check("an answer that says "+says, answer.simulated, true)
	}
	says = "true"
	r.post("/v1/messages/count_tokens", hello) // what does not wait tells it, too
	check("an unpaced answer", true, true)
}

// Where it is known without an answer, no answer changes it.
func TestKnownToBeSimulated(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"type":"message"}`))
	}))
	defer upstream.Close()
	r := newRig(t, upstream.URL, unspaced(), func(o *gateway.Options) { o.Simulated = true })
	for range 2 {
		if simulated, known := r.gateway.Simulated(); !simulated || !known {
			t.Errorf("got %v, %v, want both true", simulated, known)
		}
		r.post("/v1/messages", hello)
	}
}
