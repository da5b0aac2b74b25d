//go:build unix

package gateway_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"paceline/queue"
	"paceline/queue/access"
	"paceline/queue/gateway"
)

// The benchmarks measure a gateway in a process of its own, so that its CPU and
// memory are not the client's and not the upstream's: the test binary starts
// itself in one of these roles.
const (
	roleVariable     = "PACELINE_BENCH_ROLE"
	upstreamVariable = "PACELINE_BENCH_UPSTREAM"
	tokensVariable   = "PACELINE_BENCH_TOKENS"
)

var roles = map[string]func() http.Handler{
	"upstream": func() http.Handler { return http.HandlerFunc(answerAtOnce) },
	"bare":     bareProxy,
	"gateway":  wholeGateway,
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
	mux := http.NewServeMux()
	mux.HandleFunc("/-/usage", tellUsage)
	mux.Handle("/", handler)
	go func() { _ = http.Serve(ln, mux) }()
	fmt.Println(ln.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started us is gone
	os.Exit(0)
}

// usage is what a process has used until now.
type usage struct {
	CPU time.Duration // user and system
	RSS int64         // bytes
}

func tellUsage(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("collect") {
		debug.FreeOSMemory()
	}
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	cpu := time.Duration(u.Utime.Nano() + u.Stime.Nano())
	_ = json.NewEncoder(w).Encode(usage{CPU: cpu, RSS: rss()})
}

// rss is the memory that the process holds, as Linux tells it; elsewhere what Go
// has from the system.
func rss() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(b))
	if err != nil || len(fields) < 2 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.Sys)
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

const smallAnswer = `{"id":"msg_01","type":"message","role":"assistant","model":"claude-sonnet-5-5","content":[{"type":"text","text":"` +
	`An answer of a usual length, so that what is measured is not a header alone. An answer of a usual length, so that what is measured is not a header alone."}],` +
	`"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":12,"output_tokens":40}}`

// answerAtOnce is an API that needs no time: an answer, or ?events=N of a stream,
// ?every apart, each with the time at which it was sent.
func answerAtOnce(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for i, name := range []string{"Requests", "Input-Tokens", "Output-Tokens"} {
		h.Set("Anthropic-Ratelimit-"+name+"-Limit", strconv.Itoa(1000*(i+1)))
		h.Set("Anthropic-Ratelimit-"+name+"-Remaining", strconv.Itoa(999*(i+1)))
		h.Set("Anthropic-Ratelimit-"+name+"-Reset", "2026-11-23T14:00:00Z")
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

// bareProxy is the peer: the standard library's reverse proxy over the same
// transport.
func bareProxy() http.Handler {
	to, err := url.Parse(os.Getenv(upstreamVariable))
	if err != nil {
		panic(err)
	}
	return &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport:     gateway.NewTransport(),
		FlushInterval: -1,
	}
}

// wholeGateway has all its features on, as serve has them by default: tokens, the
// host and origin rules, the queue with its counters, a line of the log for each
// event; only the pace is off: no spacing, and what the upstream tells of its limits
// is not heard.
func wholeGateway() http.Handler {
	to, err := url.Parse(os.Getenv(upstreamVariable))
	if err != nil {
		panic(err)
	}
	s := unspaced() // and not adaptive
	s.MaxQueue = 100_000
	out, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	q, err := queue.New(s, queue.Observe(func(e queue.Event) { fmt.Fprintln(out, e.Line()) }))
	if err != nil {
		panic(err)
	}
	tokens, err := access.OpenTokens(access.TokenFile(os.Getenv(tokensVariable)), nil)
	if err != nil {
		panic(err)
	}
	guard, err := access.NewGuard(access.GuardOptions{Tokens: tokens})
	if err != nil {
		panic(err)
	}
	g, err := gateway.New(q, gateway.Options{Upstream: to, Log: log, Caller: func(r *http.Request) gateway.Caller {
		c, _ := access.CallerFrom(r.Context())
		return gateway.Caller{Token: c.Name, Priority: c.Priority}
	}})
	if err != nil {
		panic(err)
	}
	return guard.Wrap(g)
}

// process is one of the roles at work.
type process struct {
	b     *testing.B
	url   string
	token string
}

// startRole starts this binary in a role, until the benchmark ends.
func startRole(b *testing.B, role, upstream string) *process {
	b.Helper()
	p := &process{b: b}
	file := filepath.Join(b.TempDir(), "tokens.json")
	if role == "gateway" {
		secret, err := access.TokenFile(file).Add(b.Context(), access.Token{Name: "bench"})
		if err != nil {
			b.Fatal(err)
		}
		p.token = secret
	}
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), roleVariable+"="+role, upstreamVariable+"="+upstream, tokensVariable+"="+file)
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
		_ = c.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	p.url = "http://" + strings.TrimSpace(address)
	return p
}

// memory asks the process what it holds after a garbage collection, in bytes.
func (p *process) memory() int64 { return p.ask("/-/usage?collect").RSS }

// usage asks the process what it has used.
func (p *process) usage() usage { return p.ask("/-/usage") }

func (p *process) ask(path string) (u usage) {
	p.b.Helper()
	a, err := http.Get(p.url + path)
	if err != nil {
		p.b.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	if err := json.NewDecoder(a.Body).Decode(&u); err != nil {
		p.b.Fatal(err)
	}
	return u
}

// request makes a message of a usual size for the process.
func (p *process) request(query string) *http.Request {
	r, err := http.NewRequest(http.MethodPost, p.url+"/v1/messages"+query, strings.NewReader(benchMessage))
	if err != nil {
		p.b.Fatal(err)
	}
	r.Header = http.Header{
		"X-Api-Key": {"sk-bench"}, "Anthropic-Version": {"2023-06-01"}, "Content-Type": {"application/json"},
		"X-Stainless-Timeout": {"600"}, "X-Stainless-Lang": {"go"}, "User-Agent": {"Anthropic/Go 1.84.0"},
	}
	if p.token != "" {
		r.Header.Set("X-Paceline-Token", p.token)
	}
	return r
}

var benchMessage = `{"model":"claude-sonnet-5-5","max_tokens":1024,"metadata":{"user_id":"user_1"},"messages":[{"role":"user","content":"` +
	strings.Repeat("What does a reverse proxy do with a body? ", 24) + `"}]}`
