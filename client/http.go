package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync/atomic"
	"time"
)

const (
	defaultTimeout = 5 * time.Second
	maxBody        = 1 << 20
	maxHeader      = 64 << 10
)

// HTTPOptions set up an [HTTP] source. The zero HTTPOptions are ready to use.
type HTTPOptions struct {
	// Header is sent with each request. It is never printed.
	Header http.Header
	// Token is a bearer token. It is never printed, and sent to no other host. It
	// goes before a user in the address and an Authorization in Header.
	Token string
	// Timeout is how long one poll or reset may take, until its last byte. Zero
	// means 5 s.
	Timeout time.Duration
	// Stream lets polls that come about every second be answered from the
	// server's stream of snapshots, if it has one. It is meant for a caller that
	// polls continuously.
	Stream bool
}

// HTTP is a [Source] over the network. It obeys HTTP_PROXY, HTTPS_PROXY and
// NO_PROXY. Make one with [NewHTTP]; its methods are safe for concurrent use.
type HTTP struct {
	url        *url.URL // without userinfo
	header     http.Header
	authorized bool // a token or a password is sent with each request
	timeout    time.Duration
	client     *http.Client
	ctx        context.Context // cancelled by Close
	cancel     context.CancelFunc
	stream     *streamPoller // nil without HTTPOptions.Stream
	events     eventTail     // of the answers to polls
	decoder    decoder
	role       atomic.Value // the [Role] in the last good answer
}

// NewHTTP returns a source for the endpoint at address: a base URL
// (http://host:port, https://host/prefix), the endpoint's whole URL (its path ends
// in metrics or .json), or only a host and port. A user and password in it become
// basic authentication. The error contains what to write instead.
func NewHTTP(address string, o HTTPOptions) (*HTTP, error) {
	u, user, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	if o.Timeout < 0 {
		return nil, fmt.Errorf("client: the time-out is %v: must be above zero", o.Timeout)
	}
	s := &HTTP{url: u, header: o.Header.Clone(), timeout: o.Timeout}
	if s.timeout == 0 {
		s.timeout = defaultTimeout
	}
	if s.header == nil {
		s.header = http.Header{}
	}
	if err := s.authorize(o.Token, user); err != nil {
		return nil, err
	}
	s.header.Set("Accept", "application/json")
	s.header.Set("Cache-Control", "no-cache")
	if s.header.Get("User-Agent") == "" {
		s.header.Set("User-Agent", "paceline")
	}
	s.client = &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: s.timeout}).DialContext,
			TLSHandshakeTimeout:    s.timeout,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    1,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: checkRedirect,
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if u, ok := s.sibling("stream"); ok && o.Stream {
		s.stream = &streamPoller{source: s, url: u}
	}
	return s, nil
}

// Poll requests the figures once, or returns the newest ones of the server's stream.
// An error is a *[Failure].
func (s *HTTP) Poll(ctx context.Context) (Sample, error) {
	sample, _, err := s.answer(ctx)
	return sample, err
}

// answer implements [Recordable].
func (s *HTTP) answer(ctx context.Context) (sample Sample, body []byte, err error) {
	if s.stream == nil {
		sample, body, err = s.poll(ctx)
	} else {
		sample, body, err = s.stream.poll(ctx)
	}
	if err == nil {
		sample.Role, _ = s.role.Load().(Role)
	}
	return sample, body, err
}

// poll requests the figures once, with the events that are not known yet. It requests
// them again, with all events, if it turns out that others are not known either: another
// server has answered.
func (s *HTTP) poll(ctx context.Context) (Sample, []byte, error) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	for {
		u := s.url
		since, known := s.events.since()
		if known {
			u = withEventsSince(u, since)
		}
		body, f := s.call(ctx, http.MethodGet, u, nil)
		if f != nil {
			return Sample{}, nil, f
		}
		if whole, ok := s.events.complete(body, since, known); ok {
			return s.decoder.decodePoll(whole, start)
		}
	}
}

// Reset asks the server to set its counters to zero, for everybody. An error is a
// *[Failure].
func (s *HTTP) Reset(ctx context.Context) error {
	body, f := s.call(ctx, http.MethodPost, s.url, nil)
	if f != nil {
		return f
	}
	s.stream.discard()
	root, f := parse(body)
	if f != nil {
		return f
	}
	if root.flag("success").Value {
		return nil
	}
	words := "the answer does not say that the counters were reset"
	if said := root.errorText(); said != "" {
		words = "the server refused: " + said
	} else if said := root.text("message"); said.Known {
		words = "the server refused: " + said.Value
	}
	return &Failure{Words: Clean(words), Hint: "may the counters be reset at this address?", Err: errors.New("client: not reset")}
}

// Close cancels the requests under way and frees the connections. It is safe to call
// twice; it always returns nil.
func (s *HTTP) Close() error {
	s.cancel()
	s.stream.close()
	s.client.CloseIdleConnections()
	return nil
}

// Name returns the address as it was given, without its secrets and without the
// endpoint's own path.
func (s *HTTP) Name() string {
	return strings.TrimSuffix(plainAddress(s.url), endpoint)
}

// sibling returns the URL of another endpoint beside the metrics; false if the
// address does not end in metrics.
func (s *HTTP) sibling(name string) (*url.URL, bool) {
	if path.Base(strings.TrimSuffix(s.url.Path, "/")) != "metrics" {
		return nil, false
	}
	return s.url.JoinPath("..", name), true
}

// call sends one request and returns the body of the answer, whose status is 200.
func (s *HTTP) call(ctx context.Context, method string, u *url.URL, send []byte) ([]byte, *Failure) {
	return s.callAtMost(ctx, method, u, send, maxBody)
}

// callAtMost is call for an answer of at most so many bytes.
func (s *HTTP) callAtMost(ctx context.Context, method string, u *url.URL, send []byte, most int) ([]byte, *Failure) {
	if s.ctx.Err() != nil {
		return nil, &Failure{Words: "closed", Err: net.ErrClosed}
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	status, body, err := s.roundTrip(ctx, method, u, send, most)
	if err != nil {
		return nil, transportFailure(err, s.url.Host, s.timeout)
	}
	if status != http.StatusOK {
		return nil, statusFailure(method, status, body, plainAddress(u), s.authorized)
	}
	return body, nil
}

// request returns a request with the headers that all requests have.
func (s *HTTP) request(ctx context.Context, method string, u *url.URL) *http.Request {
	return (&http.Request{
		Method: method,
		URL:    u,
		Host:   s.header.Get("Host"),
		Header: s.header.Clone(),
	}).WithContext(ctx)
}

// roundTrip sends one request and reads the whole answer, of at most so many bytes.
func (s *HTTP) roundTrip(ctx context.Context, method string, u *url.URL, send []byte, most int) (status int, body []byte, err error) {
	r := s.request(ctx, method, u)
	// A request that changes something may be sent again over a new connection if the
	// old one was closed by the server: it has the same effect twice. A nil key marks
	// it as idempotent, and is not sent.
	r.Header["Idempotency-Key"] = nil
	if send != nil {
		r.Header.Set("Content-Type", "application/json")
		r.ContentLength = int64(len(send))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(send)), nil }
		r.Body, _ = r.GetBody()
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	s.noteRole(answer)
	body, err = io.ReadAll(io.LimitReader(answer.Body, int64(most)+1))
	switch {
	case err != nil:
		return 0, nil, err
	case len(body) > most:
		return 0, nil, tooLargeError(most)
	default:
		return answer.StatusCode, body, nil
	}
}
