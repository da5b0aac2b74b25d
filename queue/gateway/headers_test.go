package gateway_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"paceline/queue/gateway"
)

// recorder is an upstream that keeps the bytes of the requests, and answers each
// with the same bytes.
func recorder(t *testing.T, say string) (url string, heads <-chan string) {
	t.Helper()
	seen := make(chan string, 100)
	return newHostile(t, func(w *wire) {
		for {
			var head strings.Builder
			lines := textproto.NewReader(w.in)
			for {
				line, err := lines.ReadLine()
				if err != nil {
					return
				}
				if line == "" {
					break
				}
				head.WriteString(line + "\n")
			}
			// Its body, as the head announces it.
			r, err := http.ReadRequest(bufio.NewReader(io.MultiReader(strings.NewReader(strings.ReplaceAll(head.String(), "\n", "\r\n")+"\r\n"), w.in)))
			if err != nil {
				return
			}
			body, _ := io.ReadAll(r.Body)
			seen <- head.String() + "\n" + string(body)
			if !w.say(say) {
				return
			}
		}
	}), seen
}

// talk sends raw bytes to the gateway, and returns the raw answer.
func (r *rig) talk(raw string) string {
	r.t.Helper()
	c := r.dial()
	defer func() { _ = c.Close() }()
	go func() { _, _ = io.WriteString(c, raw) }()
	text, _ := io.ReadAll(c)
	return string(text)
}

// dial connects to the gateway.
func (r *rig) dial() *net.TCPConn {
	r.t.Helper()
	c, err := (&net.Dialer{}).DialContext(r.t.Context(), "tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		r.t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

// sorted are the lines of a head or of a body's beginning, the first one first.
func sorted(head string) []string {
	lines := strings.Split(strings.TrimSuffix(head, "\n"), "\n")
	slices.Sort(lines[1:])
	return lines
}

const okay = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

// The API gets the client's header, less what belongs to the connection, to the client's
// browser and way here, or to us, and nothing that the client did not write.
func TestRequestHeaderGoesUpUnchanged(t *testing.T) {
	url, heads := recorder(t, okay)
	r := newRig(t, url+"/base/", unspaced())
	r.talk("POST /v1/messages?beta=true&x=%2F&&y=a+b;c HTTP/1.1\r\n" +
		"Host: gateway.example:3000\r\n" +
		"x-api-key: sk-1\r\n" +
		"Anthropic-Beta: a-1,b-2\r\n" + "anthropic-beta: c-3\r\n" +
		"Anthropic-Version: 2023-06-01\r\n" +
		"Accept-Encoding: gzip, br;q=0.5\r\n" +
		"Content-Encoding: x-unknown\r\n" +
		"Content-Type: application/json; charset=x\r\n" +
		"X-Empty:\r\n" + "X-Stainless-Retry-Count: 0\r\n" + "Anthropic-Dangerous-Direct-Browser-Access: true\r\n" +
		"Cookie: a=b\r\n" + "Cookie: c=d\r\n" + "Origin: https://app.example\r\n" + "Referer: https://app.example/secret\r\n" +
		"Sec-Fetch-Site: cross-site\r\n" + "Sec-Ch-Ua: x\r\n" + "Access-Control-Request-Method: POST\r\n" +
		"X-Forwarded-For: 10.0.0.1\r\n" + "x-forwarded-host: inner\r\n" + "X-Forwarded-Proto: https\r\n" + "X-Forwarded-Port: 1\r\n" +
		"Forwarded: for=10.0.0.1\r\n" + "Via: 1.1 inner\r\n" + "X-Real-Ip: 10.0.0.1\r\n" + "True-Client-Ip: 10.0.0.1\r\n" +
		"Connection: close, X-Hop, , x-other-hop \r\n" + "X-Hop: 1\r\n" + "X-Other-Hop: 2\r\n" +
		"Keep-Alive: timeout=5\r\n" + "Te: trailers\r\n" + "Upgrade: websocket\r\n" + "Proxy-Connection: x\r\n" + "Proxy-Authorization: Basic x\r\n" +
		"X-Paceline-User: u\r\n" + "x-paceline-token: secret\r\n" + "X-Paceline-Priority: low\r\n" +
		"Content-Length: 2\r\n\r\n{}")
	got := <-heads
	want := []string{
		"POST /base/v1/messages?beta=true&x=%2F&&y=a+b;c HTTP/1.1",
		"", "Accept-Encoding: gzip", "Anthropic-Dangerous-Direct-Browser-Access: true", "Anthropic-Beta: a-1,b-2", "Anthropic-Beta: c-3", "Anthropic-Version: 2023-06-01",
		"Content-Encoding: x-unknown", "Content-Length: 2", "Content-Type: application/json; charset=x",
		"Host: " + strings.TrimPrefix(url, "http://"), "X-Api-Key: sk-1", "X-Empty: ", "X-Stainless-Retry-Count: 0", "{}",
	}
	trimmed := sorted(got)
	for i, line := range trimmed {
		if line == "X-Empty:" {
			trimmed[i] = "X-Empty: "
		}
	}
	slices.Sort(want[1:])
	slices.Sort(trimmed[1:])
	if !slices.Equal(trimmed, want) {
		t.Errorf("the API got\n%s\nwant\n%s", strings.Join(trimmed, "\n"), strings.Join(want, "\n"))
	}
	if strings.Index(got, "a-1,b-2") > strings.Index(got, "c-3") {
		t.Error("two lines of one header came in another order")
	}
}

// The gateway's own key takes the place of whatever the client sent.
func TestGatewaysKeyTakesTheClientsPlace(t *testing.T) {
	url, heads := recorder(t, okay)
	r := newRig(t, url, unspaced(), func(o *gateway.Options) { o.Key = "sk-own" })
	r.post("/v1/messages", hello, "Authorization", "Bearer pl_token", "X-Api-Key", "sk-client")
	got := <-heads
	if !strings.Contains(got, "X-Api-Key: sk-own\n") || strings.Contains(got, "Authorization") || strings.Contains(got, "sk-client") {
		t.Errorf("the API got\n%s", got)
	}
	if text := r.log.String(); strings.Contains(text, "sk-") || strings.Contains(text, "pl_token") {
		t.Errorf("the log has a key: %s", text)
	}
}

func TestAnswersHeaderComesDownUnchanged(t *testing.T) {
	for name, path := range map[string]string{"paced": "/v1/messages", "unpaced": "/v1/messages/count_tokens"} {
		t.Run(name, func(t *testing.T) {
			url, _ := recorder(t, "HTTP/1.1 201 Made Up\r\n"+
				"Request-Id: req_1\r\nAnthropic-Organization-Id: org-1\r\nAnthropic-Ratelimit-Requests-Limit: 50\r\nretry-after-ms: 5\r\n"+
				"Set-Cookie: a=b\r\nSet-Cookie: c=d\r\nServer: somebody\r\nX-Should-Retry: true\r\nVary:\r\n"+
				"Strict-Transport-Security: max-age=1\r\nAlt-Svc: h3\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: x\r\nNel: x\r\n"+
				"Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nUpgrade: h3\r\n"+
				"Date: Mon, 01 Jan 2029 00:00:00 GMT\r\nContent-Length: 13\r\n\r\n<html></html>")
			r := newRig(t, url, unspaced())
			a := r.post(path, hello)
			if a.status != 201 || a.body != "<html></html>" {
				t.Errorf("got %d %q", a.status, a.body)
			}
			for name, want := range map[string]string{
				"Request-Id": "req_1", "Anthropic-Organization-Id": "org-1", "Anthropic-Ratelimit-Requests-Limit": "50", "Retry-After-Ms": "5",
				"Server": "somebody", "X-Should-Retry": "true", "Date": "Mon, 01 Jan 2029 00:00:00 GMT", "Content-Length": "13",
				"X-Hop": "", "Keep-Alive": "", "Proxy-Authenticate": "", "Upgrade": "", "Trailer": "", "Content-Type": "",
				"X-Content-Type-Options": "", "X-Paceline-Refused": "",
				"Set-Cookie": "", "Strict-Transport-Security": "", "Alt-Svc": "", "Access-Control-Allow-Origin": "", "Access-Control-Expose-Headers": "", "Nel": "",
			} {
				if got := a.header.Get(name); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
			if _, ok := a.header["Content-Type"]; ok {
				t.Error("a type was invented")
			}
		})
	}
}

// A compressed answer goes on as it came, whether it was asked for or not.
func TestCompressedAnswersPassByteForByte(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, oneStart+oneStop)
	_ = z.Close()
	for name, head := range map[string]string{
		"length":  jsonHead + "Content-Encoding: gzip\r\nContent-Length: " + itoa(packed.Len()) + "\r\n\r\n" + packed.String(),
		"chunked": jsonHead + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(packed.String()) + chunk(""),
		"stream":  sseHead + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(packed.String()[:5]) + chunk(packed.String()[5:]) + chunk(""),
	} {
		url, heads := recorder(t, head)
		r := newRig(t, url, unspaced())
		for accept, want := range map[string]string{"br, gzip": "Accept-Encoding: gzip\n", "": "Accept-Encoding: identity\n"} {
			var header []string
			if accept != "" {
				header = []string{"Accept-Encoding", accept}
			}
			a := r.post("/v1/messages", hello, header...)
			if a.body != packed.String() || a.header.Get("Content-Encoding") != "gzip" || a.err != nil {
				t.Errorf("%s: got %q %q, %v", name, a.header.Get("Content-Encoding"), a.body, a.err)
			}
			if head := <-heads; !strings.Contains(head, want) {
				t.Errorf("%s: the API was sent %q, want %q in it", name, head, want)
			}
		}
		eventually(t, "both are counted as successes", func() bool { return r.queue.Report().Metrics.Successful == 2 })
	}
}

// What kind of failure it is stands in the body, which may be compressed: once a
// spend cap that was zipped passed for a rate limit, and everybody waited.
func TestCompressedErrorIsUnderstood(t *testing.T) {
	const capped = `{"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"enforced_spend_limit_reached"}}}`
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, capped)
	_ = z.Close()
	inHostileBubble(t, unspaced(), func(w *wire) {
		if _, ok := w.request(); ok {
			w.say("HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: " + itoa(packed.Len()) + "\r\n\r\n" + packed.String())
		}
	}, func(b *hostileBubble) {
		a := b.ask("POST", "/v1/messages", hello)
		if a.status != 429 || a.body != packed.String() || a.header.Get("Content-Encoding") != "gzip" || a.header.Get("X-Paceline-Attempts") != "1" {
			t.Errorf("got %d %q after %s attempts, want it as it came after one", a.status, a.body, a.header.Get("X-Paceline-Attempts"))
		}
		if got := b.counts(); got != (counts{failed: 1}) {
			t.Errorf("counted %+v, want one failure and no pause", got)
		}
	})
}

// A path is sent on as it counts here, escapes and all. It counts the same however a client's
// base URL is written, and the operator's too.
func TestPathsGoUpAsTheyCount(t *testing.T) {
	url, heads := recorder(t, okay)
	for base, before := range map[string]string{
		"": "", "/": "", "/b%2Fc": "/b%2Fc", "/d/e//": "/d/e", "/v1": "", "/v1/": "", "/proxy/v1": "/proxy", "/proxy/v10": "/proxy/v10",
	} {
		r := newRig(t, url+base, unspaced())
		for path, want := range map[string]string{
			"/v1/models/a!b*(c)": "", "/v1/models/a%21b": "", "/v1/models/a%2Fb": "", "/v1/models/a%20b+c": "",
			"/v1/models/%E2%82%AC": "", "/v1/models/x;y=z,w": "", "/v1/models?": "", "/v1/models?a=%zz&&b": "", "/v1/models/%252e%252e/x": "",
			"/v1/files/x/content?q=a/../b": "", "/v1/skills?beta=true": "",
			"//v1/models": "/v1/models", "/v1//models/": "/v1/models", "/v1/models//x?a=//": "/v1/models/x?a=//", "/v1/v1/models": "/v1/models",
			"/anthropic/v1/models": "/v1/models", "/v1/%6dodels": "/v1/models", "/v1/files/v1/x": "/v1/files/v1/x",
		} {
			if want == "" {
				want = path
			}
			r.talk("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			line, _, _ := strings.Cut(<-heads, "\n")
			if want := "GET " + before + want + " HTTP/1.1"; line != want {
				t.Errorf("got %q, want %q", line, want)
			}
		}
	}
}

// No spelling of a path leads out of the folder that it names.
func TestPathsThatLeadElsewhereAreRefused(t *testing.T) {
	url, heads := recorder(t, okay)
	r := newRig(t, url, unspaced())
	for _, path := range []string{
		"/v1/models/../messages", "/v1/models/..", "/v1/models/./x", "/v1/models/%2e%2e/messages", "/v1/models/%2E./messages", "/v1/models/..%2fmessages",
		"/v1/models/x%2f..%2f..%2fmessages", `/v1/models/..\messages`, "/v1/models/..%5cmessages", "/v1/models/x%5C..%5Cy",
		"/v1/", "/v1", "/v2/messages", "/V1/messages", "/", "/v1/messages/..", "/v1/x/../messages", "/v1%2Fmessages",
		// What somebody reads as a path that is paced, or owned, may not pass for an unknown one.
		"/v1/Messages", "/v1/messages%00", "/v1/messages%20", "/v1/messages;x=y", "/v1/messages%3Bx", "/v1/messages%2Fbatches", "/v1/messages%5Cx",
		"/v1/messages%2F", "/v1/%256Dessages", "/v1/x%2F..%2Fmessages", "/v1/messages/count_tokens;x", "/v1/messages/x%2Fy",
	} {
		a := r.talk("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(a, "HTTP/1.1 404 ") || !strings.Contains(a, `"not_found_error"`) || !strings.Contains(a, "X-Paceline-Refused: path") {
			t.Errorf("%s: got %.300q, want 404 in the API's shape", path, a)
		}
	}
	select {
	case head := <-heads:
		t.Errorf("the API was asked\n%s", head)
	default:
	}
}

func TestMethodsThatDoNotFitAreRefused(t *testing.T) {
	url, heads := recorder(t, okay)
	r := newRig(t, url, unspaced())
	for _, line := range []string{
		"TRACE /v1/files", "TRACE /v1/skills", "FOO\x60 /v1/messages/batches", "post /v1/messages", "Post /v1/skills",
	} {
		a := r.talk(line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(a, "HTTP/1.1 405 ") || !strings.Contains(a, "\r\nAllow: ") || !strings.Contains(a, `"invalid_request_error"`) {
			t.Errorf("%s: got %.300q, want 405 in the API's shape", line, a)
		}
	}
	if len(heads) > 0 {
		t.Errorf("the API was asked\n%s", <-heads)
	}
}
