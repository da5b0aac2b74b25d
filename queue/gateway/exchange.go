package gateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"paceline/queue"
	"paceline/queue/internal/urlpath"
)

// statusHungUp is the status in the log for a client that left before its answer.
// It is never sent.
const statusHungUp = 499

// exchange is one request of a client and its answer.
type exchange struct {
	gateway *Gateway
	w       http.ResponseWriter
	r       *http.Request
	control *http.ResponseController
	began   time.Time

	sender
	path      string // as it counts, see urlpath.Clean
	route     string // its name in the figures and the log
	id        string
	token     string
	weight    float64 // of the token
	admin     bool    // of an admin token
	operator  bool    // of an admin's role
	priority  queue.Priority
	badHeader *apiError // the refusal of a malformed X-Paceline header; nil if all are valid

	body       *body
	fields     requestFields
	outgoing   *http.Request // has the method, URL and header for the upstream
	gatewayKey string        // replaces the client's key upstream; empty: the client's key is sent
	key        string        // hash of the key that is sent
	model      string        // by modelAt
	lane       string
	borrowed   bool      // it waits and runs in a lane that is not its own; lane is its own, whose limits its answers tell
	started    time.Time // when the latest attempt started; zero before the first
	attempts   int
	upstreamID string // the API's request-id, for the log
	oversize   string // why no attempt can succeed; empty if one can

	batched int64 // how many requests are in the batch that it made

	cost  queue.Cost      // as estimated
	usage usage           // of the last attempt, as reported so far
	used  queue.CallUsage // the same, with its price

	detach       func() bool // detaches the request from the client's connection; may be nil
	uncompressed bool        // the gateway changes the answer, so it must not be compressed
	unread       string      // the content coding of an answer that nobody here could read; for the log
	complete     bool        // the client is about to have the whole answer: a hang-up no longer cancels

	status    int         // of the answer; zero before it
	failure   string      // what went wrong, for the log
	cut       atomic.Bool // the client has been cut off, and no more is written
	keepAlive *keepAlive  // nil unless the answer may begin while the request waits

	lastDeadline     time.Time     // when the write deadline was last set
	lastProgress     time.Time     // when progress was last reported to the queue
	progressInterval time.Duration // between two reports of progress
}

// newExchange reads the client's header.
func (g *Gateway) newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{gateway: g, w: w, r: r, control: http.NewResponseController(w), began: time.Now(), outgoing: r, gatewayKey: g.options.Key}
	x.path, x.route = urlpath.Clean(r.URL), unknownRoute
	caller := Caller{Priority: queue.High, Operator: true}
	if g.options.Caller != nil {
		caller = g.options.Caller(r)
	}
	x.token, x.weight, x.admin, x.operator = caller.Token, caller.Weight, caller.Admin, caller.Operator
	if x.token == "" && !caller.Trusted {
		x.origin = originOf(r)
	}
	if x.confined() {
		x.fields.fileIDs.forbidden = x.ownedByOther
	}
	x.id, x.badHeader = requestID(r.Header.Get(headerRequestID))
	var err error
	if x.priority, err = queue.ParsePriority(r.Header.Get(headerPriority)); err != nil && x.badHeader == nil {
		x.badHeader = invalid(headerPriority + " must be high, normal or low")
	}
	if caller.Priority.Below(x.priority) {
		x.priority = caller.Priority
	}
	x.key = keyHash(cmp.Or(x.gatewayKey, keyOf(r.Header)))
	return x
}

// requestID returns the ID that the client gave its request, or a new one.
func requestID(given string) (string, *apiError) {
	if plainID(given) {
		return given, nil
	}
	var random [12]byte
	_, _ = rand.Read(random[:]) // it never fails
	id := "pr_" + hex.EncodeToString(random[:])
	if given != "" {
		return id, invalid(headerRequestID + " must be at most 128 letters, digits, dots, dashes and underscores")
	}
	return id, nil
}

// readBody reads the request's body. If it returns false, it has answered with the
// error.
func (x *exchange) readBody(route route) bool {
	coding, most := contentCoding(x.r.Header), route.maxBody
	if route.path == filesPath { // there is nothing to read in a file
		coding = ""
	}
	reader := newRequestReader(&x.fields, coding, most)
	defer reader.close()
	b, err := readBody(x.r, x.control, most, x.gateway.room, reader)
	if err != nil {
		x.writeError(x.bodyError(err, most))
		return false
	}
	x.body = b
	switch {
	case x.fields.fileIDs.found != "":
		x.writeError(notOwned(x.fields.fileIDs.found))
		return false
	case !reader.isRead():
		x.fields = requestFields{size: int(b.size)} // half of them could be wrong
		return x.mayBeUnread(coding)
	}
	return true
}

// callContext returns a context that ends with hangUp, and when the client leaves
// before its answer is complete. Stop ends both.
func (x *exchange) callContext() (ctx context.Context, hangUp context.CancelCauseFunc, stop func()) {
	client := x.r.Context()
	ctx, hangUp = context.WithCancelCause(context.WithoutCancel(client))
	x.detach = context.AfterFunc(client, func() { hangUp(context.Cause(client)) })
	return ctx, hangUp, func() { x.detach(); hangUp(nil) }
}

// waited is how long the request waited for its latest attempt, or until now without
// one.
func (x *exchange) waited() time.Duration {
	if x.started.IsZero() {
		return time.Since(x.began)
	}
	return x.started.Sub(x.began)
}

// startAttempt notes that an attempt starts.
func (x *exchange) startAttempt() {
	x.lastProgress, x.usage, x.used = time.Now(), usage{}, queue.CallUsage{}
	x.attempts++
	x.started = x.lastProgress
}

// setHeaders sets the X-Paceline headers that every answer has.
func (x *exchange) setHeaders(h http.Header) {
	h[headerRequestID] = []string{x.id}
	h[headerWaited] = []string{strconv.FormatInt(x.waited().Milliseconds(), 10)}
	h[headerAttempts] = []string{strconv.Itoa(x.attempts)}
	if x.lane != "" {
		h[headerLane] = []string{x.lane}
	}
	if x.oversize != "" {
		h[headerReason] = []string{x.oversize}
	}
	x.gateway.setSimulatedHeader(h)
}

// close frees the resources of the request, and writes the log record. A panic in
// the log does not break the answer.
func (x *exchange) close() {
	x.body.close()
	_ = x.control.SetWriteDeadline(time.Time{}) // the next request on the connection sets its own
	x.gateway.figures.count(x.route, x.status)
	x.gateway.queue.Guard(queue.PartLog, x.writeLog)
}

// recoverPanic answers a request whose handler has panicked. An answer that has begun is
// broken off, so that nobody takes it for complete.
func (x *exchange) recoverPanic() {
	v := recover()
	switch v {
	case nil:
		return
	case http.ErrAbortHandler: // net/http compares it so, too
		panic(v)
	}
	x.gateway.queue.ReportPanic(queue.PartGateway, v, debug.Stack())
	if x.status != 0 {
		panic(http.ErrAbortHandler)
	}
	x.writeError(panicError())
}

// writeLog writes the log record of the request.
func (x *exchange) writeLog() {
	level := slog.LevelInfo
	if x.status >= 400 || x.failure != "" {
		level = slog.LevelWarn
	}
	log := x.gateway.log
	if !log.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("id", x.id), slog.Int("status", x.status),
		slog.String("method", queue.Escape(queue.Truncate(x.r.Method, 20))), slog.String("path", queue.Escape(queue.Truncate(x.r.URL.Path, 100))),
		slog.String("route", x.route),
		slog.String("user", queue.Escape(x.user)), slog.String("lane", x.lane),
		slog.Int64("waitedMs", x.waited().Milliseconds()), slog.Int("attempts", x.attempts),
		slog.Int64("tookMs", time.Since(x.began).Milliseconds()),
	}
	attrs = x.appendUsage(attrs)
	if x.subagent {
		attrs = append(attrs, slog.Bool("subagent", true))
	}
	if x.batched > 0 {
		attrs = append(attrs, slog.Int64("batchRequests", x.batched))
	}
	for _, a := range []slog.Attr{slog.String("token", x.token), slog.String("session", queue.Escape(x.session)), slog.String("upstreamId", x.upstreamID), slog.String("unread", queue.Escape(queue.Truncate(x.unread, 40))), slog.String("error", queue.Escape(x.failure))} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	log.LogAttrs(context.Background(), level, "request", attrs...)
}
