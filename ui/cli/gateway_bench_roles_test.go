//go:build linux

package cli_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The benchmarks of the gateway measure processes: the program as it is put on a server, and
// beside it peers, which this test binary becomes in one of these roles.
const (
	roleVariable     = "PACELINE_BENCH_ROLE"
	upstreamVariable = "PACELINE_BENCH_UPSTREAM"
)

var roles = map[string]func() http.Handler{
	"upstream": func() http.Handler { return http.HandlerFunc(answerAtOnce) },
	"proxy":    reverseProxy,
	"pooled":   pooledProxy,
	"floor":    plainHandler,
}

func init() {
	role, ok := roles[os.Getenv(roleVariable)]
	if !ok {
		return
	}
	handler := role()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() { _ = http.Serve(ln, handler) }()
	fmt.Println(ln.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started us is gone
	os.Exit(0)
}

const smallAnswer = `{"id":"msg_01","type":"message","role":"assistant","model":"claude-sonnet-5-5","content":[{"type":"text","text":"` +
	`An answer of a usual length, so that what is measured is not a header alone. An answer of a usual length, so that what is measured is not a header alone."}],` +
	`"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":12,"output_tokens":40}}`

// answerAtOnce is an API that needs no time: an answer, or ?events=N of a stream, ?every apart,
// each with the time at which it was sent. Its limits are so high that they hold back nobody.
func answerAtOnce(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	reset := time.Now().UTC().Truncate(time.Second).Add(time.Second).Format(time.RFC3339)
	for _, name := range []string{"Requests", "Input-Tokens", "Output-Tokens"} {
		h.Set("Anthropic-Ratelimit-"+name+"-Limit", "100000000")
		h.Set("Anthropic-Ratelimit-"+name+"-Remaining", "99999000")
		h.Set("Anthropic-Ratelimit-"+name+"-Reset", reset)
	}
	h.Set("Request-Id", "req_011CSHoEeqs5C35K2UUqR7Fy")
	h.Set("Anthropic-Organization-Id", "org_bench")
	query := r.URL.Query()
	events, _ := strconv.Atoi(query.Get("events"))
	if events == 0 {
		_, _ = io.Copy(io.Discard, r.Body)
		h.Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, smallAnswer)
		return
	}
	every, _ := time.ParseDuration(query.Get("every"))
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	control := http.NewResponseController(w)
	for range events {
		if every > 0 {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(every):
			}
		}
		fmt.Fprintf(w, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"at\":%d}\n\n", time.Now().UnixNano())
		_ = control.Flush()
	}
	_, _ = io.WriteString(w, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
}

// upstreamOfRole is the upstream that a role was started with.
func upstreamOfRole() *url.URL {
	to, err := url.Parse(os.Getenv(upstreamVariable))
	if err != nil {
		panic(err)
	}
	return to
}

// roleTransport keeps as many connections open as there are clients.
func roleTransport() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true}
}

// reverseProxy is the peer: the standard library's reverse proxy as its documentation makes
// it, with connections that are kept.
func reverseProxy() http.Handler {
	p := httputil.NewSingleHostReverseProxy(upstreamOfRole())
	p.Transport = roleTransport()
	return p
}

// pooledProxy is the same proxy with buffers that are used again, and without X-Forwarded-For.
func pooledProxy() http.Handler {
	to := upstreamOfRole()
	return &httputil.ReverseProxy{
		Rewrite:    func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport:  roleTransport(),
		BufferPool: &bufferPool{sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}},
	}
}

// bufferPool implements httputil.BufferPool.
type bufferPool struct{ sync.Pool }

func (p *bufferPool) Get() []byte  { return *p.Pool.Get().(*[]byte) }
func (p *bufferPool) Put(b []byte) { p.Pool.Put(&b) }

// plainHandler is the floor: it reads a request, decodes what a queue must know of it, and
// copies the answer.
func plainHandler() http.Handler {
	to, transport := upstreamOfRole(), roleTransport()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		var message struct {
			Model     string `json:"model"`
			MaxTokens int    `json:"max_tokens"`
			Stream    bool   `json:"stream"`
			Metadata  struct {
				UserID string `json:"user_id"`
			} `json:"metadata"`
		}
		_ = json.Unmarshal(body, &message)
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host, out.Host, out.RequestURI = to.Scheme, to.Host, to.Host, ""
		out.Body = io.NopCloser(strings.NewReader(string(body)))
		answer, err := transport.RoundTrip(out)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer func() { _ = answer.Body.Close() }()
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.StatusCode)
		stream := answer.ContentLength < 0
		buffer := make([]byte, 4<<10)
		for {
			n, err := answer.Body.Read(buffer)
			_, _ = w.Write(buffer[:n])
			if stream {
				_ = http.NewResponseController(w).Flush()
			}
			if err != nil {
				return
			}
		}
	})
}

// peer is a process that answers.
type peer struct {
	name string
	url  string
	pid  int
}

// startRole starts this binary in a role, until the benchmark ends.
func startRole(b *testing.B, role, upstream string) peer {
	b.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), roleVariable+"="+role, upstreamVariable+"="+upstream)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = c.Wait() // it ends with its input
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return peer{role, "http://" + strings.TrimSpace(address), c.Process.Pid}
}

var baseURL = regexp.MustCompile(`ANTHROPIC_BASE_URL=(\S+)`)

// startServe starts the program in front of an upstream, with its log in a file, until the
// benchmark ends.
func startServe(b *testing.B, name, paceline, upstream string, args ...string) peer {
	b.Helper()
	path := filepath.Join(b.TempDir(), "log")
	log, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the program has its own
	c := exec.Command(paceline, append([]string{"serve", "--addr", "127.0.0.1:0", "--no-state", "--upstream", upstream}, args...)...)
	c.Env = append(os.Environ(), "XDG_CONFIG_HOME="+b.TempDir())
	c.Stderr = log
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed
	})
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		said, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		if at := baseURL.FindSubmatch(said); at != nil {
			return peer{name, string(at[1]), c.Process.Pid}
		}
	}
	b.Fatalf("%s does not serve", name)
	return peer{}
}

// request makes a message of a usual size for the peer.
func (p peer) request(b *testing.B, query string) *http.Request {
	b.Helper()
	r, err := http.NewRequest(http.MethodPost, p.url+"/v1/messages"+query, strings.NewReader(benchMessage))
	if err != nil {
		b.Fatal(err)
	}
	r.Header = http.Header{
		"X-Api-Key": {"sk-bench"}, "Anthropic-Version": {"2023-06-01"}, "Content-Type": {"application/json"},
		"X-Stainless-Timeout": {"600"}, "X-Stainless-Lang": {"go"}, "User-Agent": {"Anthropic/Go 1.84.0"},
	}
	return r
}

var benchMessage = `{"model":"claude-sonnet-5-5","max_tokens":1024,"metadata":{"user_id":"user_1"},"messages":[{"role":"user","content":"` +
	strings.Repeat("What does a reverse proxy do with a body? ", 24) + `"}]}`
