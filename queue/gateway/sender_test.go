package gateway

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unsafe"

	"paceline/queue"
)

func TestOriginOf(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:1234":                    "192.0.2.7",
		"127.0.0.1:1234":                    "127.0.0.1",
		"[::ffff:192.0.2.7]:1234":           "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:1234":       "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff::1]:1234":       "2001:db8:1:2::/64",
		"[2001:db8:1:3:3:4:5:6]:1234":       "2001:db8:1:3::/64",
		"[fe80::1%eth0]:1234":               "fe80::/64",
		"[::1]:1234":                        "::1",
		"pipe":                              "pipe",
		"@":                                 "@",
		"":                                  "",
		"[2001:db8:1:2:3:4:5:6%25x/y]:1234": "2001:db8:1:2::/64",
	} {
		if got := originOf(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%q: got %q, want %q", remote, got, want)
		}
	}
}

// newTestExchange returns a request of an address that the queue is not yet asked for.
func newTestExchange(t *testing.T, o Options, header ...string) *exchange {
	t.Helper()
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	o.Upstream = &url.URL{Scheme: "http", Host: "upstream"}
	g, err := New(q, o)
	if err != nil {
		t.Fatal(err)
	}
	r := &http.Request{RemoteAddr: "192.0.2.7:1234", URL: &url.URL{Path: messagesPath}, Header: http.Header{}}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	x := g.newExchange(nil, r)
	x.body = &body{}
	return x
}

// The promise: whoever writes headers gets no other origin by it.
func TestNoHeaderChangesTheOrigin(t *testing.T) {
	for _, header := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip", "Via", "X-Paceline-Origin"} {
		x := newTestExchange(t, Options{}, header, "198.51.100.1")
		x.setSender("")
		if r := x.request(); r.Origin != "192.0.2.7" || r.User != "192.0.2.7" {
			t.Errorf("%s: got the origin %q and the user %q, want the connection's address", header, r.Origin, r.User)
		}
	}
}

// A token cannot be invented: its users need not share a turn with those of its address.
func TestATokenHasAWeightAndNoOrigin(t *testing.T) {
	caller := Caller{Token: "team", Weight: 2.5}
	x := newTestExchange(t, Options{Caller: func(*http.Request) Caller { return caller }}, "X-Paceline-User", "ann")
	x.setSender("")
	if r := x.request(); r.Origin != "" || r.Group != "team" || r.GroupWeight != 2.5 || r.User != "ann" {
		t.Errorf("got %+v, want ann of the group team with weight 2.5 and no origin", r)
	}
	caller = Caller{Trusted: true}
	x = newTestExchange(t, Options{Caller: func(*http.Request) Caller { return caller }}, "X-Paceline-User", "ann")
	if x.setSender(""); x.request().Origin != "" {
		t.Error("a caller whose names are true shares a turn")
	}
	caller = Caller{} // no token was needed
	x = newTestExchange(t, Options{Caller: func(*http.Request) Caller { return caller }}, "X-Paceline-User", "ann")
	x.setSender("")
	if r := x.request(); r.Origin != "192.0.2.7" || r.Group != "" || r.GroupWeight != 0 {
		t.Errorf("got %+v, want the origin and no group", r)
	}
}

// The order needs to know whether a subagent asks.
func TestTheQueueLearnsWhetherASubagentAsks(t *testing.T) {
	x := newTestExchange(t, Options{}, "X-Claude-Code-Session-Id", "s1", "X-Claude-Code-Agent-Id", "a1")
	x.setSender(`{"device_id":"0123","session_id":"s1"}`)
	if r := x.request(); r.User != "user_0123" || !r.Subagent {
		t.Errorf("got %+v, want a subagent", r)
	}
}

// The queue remembers users: a name must not keep the text that it was cut from. Ten
// thousand names of 8 kB once kept 80 MB.
func TestANameKeepsNoLongText(t *testing.T) {
	long := strings.Repeat("x", maxValue)
	for _, name := range []string{long, " a" + strings.Repeat(" ", maxValue)} {
		got := firstName(name)
		if at, from := uintptr(unsafe.Pointer(unsafe.StringData(got))), uintptr(unsafe.Pointer(unsafe.StringData(name))); at >= from && at < from+uintptr(len(name)) {
			t.Errorf("%.10q is a part of a text of %d bytes", got, len(name))
		}
	}
}
