package gateway_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"paceline/queue/gateway"
)

// The room for large bodies has a limit, over all of them, and is given back whatever the end
// of a request.
func TestRoomForLargeBodies(t *testing.T) {
	const mb = 1 << 20
	dir := t.TempDir()
	goOn := make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-goOn:
		case <-r.Context().Done():
		}
	}))
	defer upstream.Close()
	r := newRig(t, upstream.URL, unspaced(), func(o *gateway.Options) { o.TempDir, o.BodyDisk = dir, 5*mb })
	full := func(when string, in io.Reader) {
		t.Helper()
		a := send(t.Context(), t, "POST", r.url+"/v1/messages", in)
		if a.status != 503 || apiErrorType(a.body) != "overloaded_error" || a.header.Get("X-Paceline-Refused") != "disk-full" ||
			a.header.Get("Retry-After") == "" || a.header.Get("X-Should-Retry") == "false" {
			t.Errorf("%s: got %d %q %v, want a 503 that may be tried again", when, a.status, a.body, a.header)
		}
	}
	taken := func(when string, want int64) {
		t.Helper()
		eventually(t, when, func() bool { return r.gateway.BodiesOnDisk() == want })
	}

	waits := make(chan answer)
	ctx, leave := context.WithCancel(t.Context())
	go func() { waits <- send(t.Context(), t, "POST", r.url+"/v1/messages", strings.NewReader(sized(2*mb))) }()
	go func() { waits <- send(ctx, t, "POST", r.url+"/v1/files", strings.NewReader(sized(2*mb))) }()
	taken("two wait", 4*mb)
	full("with a length", strings.NewReader(sized(2*mb)))
	full("in chunks", unsized{strings.NewReader(sized(2 * mb))})
	taken("those who were refused took nothing", 4*mb)
	leave()
	<-waits
	taken("one has left", 2*mb)
	if a := send(t.Context(), t, "POST", r.url+"/v1/messages", strings.NewReader(sized(33*mb))); a.status != 413 {
		t.Errorf("too large: got %d", a.status)
	}
	c := r.dial()
	_, _ = io.WriteString(c, "POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: "+itoa(2*mb)+"\r\n\r\n"+strings.Repeat("x", mb))
	_ = c.CloseWrite()
	_, _ = io.ReadAll(c)
	_ = c.Close()
	taken("a body that broke off", 2*mb)
	close(goOn)
	if a := <-waits; a.status != 200 {
		t.Errorf("who waited got %d %q", a.status, a.body)
	}
	taken("all are served", 0)
	nothingIn(t, dir)
	if troubles := r.queue.Troubles(); len(troubles) != 1 || troubles[0].Part != "large requests" || !strings.Contains(troubles[0].Reason, "--body-disk") {
		t.Errorf("the operator sees %+v", troubles)
	}
}

// On a disk that is nearly full nothing is put, and small requests go on.
func TestDiskThatIsNearlyFull(t *testing.T) {
	r := newRig(t, digests(t), unspaced())
	const mb, gb = 1 << 20, 1 << 30
	for _, c := range []struct {
		free, all int64
		status    int
	}{
		{0, 0, 200}, // not known
		{gb, 100 * gb, 200},
		{200 * mb, 100 * gb, 503},
		{200 * mb, gb, 200}, // a small one
		{40 * mb, gb, 503},
		{0, gb, 503},
	} {
		r.gateway.FillDisk(c.free, c.all)
		for _, in := range []io.Reader{strings.NewReader(sized(mb)), unsized{strings.NewReader(sized(mb))}} {
			if a := send(t.Context(), t, "POST", r.url+"/v1/messages", in); a.status != c.status {
				t.Errorf("%d of %d free: got %d %q, want %d", c.free, c.all, a.status, a.body, c.status)
			}
		}
		if a := r.post("/v1/messages", hello); a.status != 200 {
			t.Errorf("a small one got %d", a.status)
		}
	}
	if n := r.gateway.BodiesOnDisk(); n != 0 {
		t.Errorf("%d bytes are still taken", n)
	}
}
