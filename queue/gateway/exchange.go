package gateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"paceline/queue"
)

// statusHungUp is what the log says of a client that left before its answer. It
// is never sent.
const statusHungUp = 499

// exchange is one request of a client and its answer.
type exchange struct {
	gateway *Gateway
	w       http.ResponseWriter
	r       *http.Request
	control *http.ResponseController
	began   time.Time

	id       string
	token    string
	admin    bool // the token is an admin's
	priority queue.Priority
	user     string
	bad      *apiError // what is wrong with the client's own headers

	body     *body
	peek     peek
	out      *http.Request // whose method, address and header go upstream
	ownKey   string        // sent in place of the client's key; empty: its own
	key      string        // the hash of the key that it is called with
	lane     string
	started  time.Time // the first attempt; zero before
	attempts int
	upstream string // the API's request-id, for the log
	oversize string // why no attempt can succeed; empty where one could

	cost  queue.Cost // as estimated
	usage usage      // of the last attempt, as far as its answer has told

	stay     func() bool // the client's hang-up ends the request no more; nil where none does
	readHere bool        // the answer is read here, and must not be compressed
	settled  bool        // the client is about to have its whole answer

	status int    // of the answer; zero before
	why    string // what went wrong, for the log
	early  *early // nil unless the answer may begin before its turn

	timed time.Time     // when the client last got time to accept a piece
	told  time.Time     // when the queue was last told that the answer goes on
	pulse time.Duration // how often it is
}

// begin reads what the client's header says of its request.
func (g *Gateway) begin(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{gateway: g, w: w, r: r, control: http.NewResponseController(w), began: time.Now(), out: r, ownKey: g.options.Key}
	most := queue.High
	if g.options.Caller != nil {
		x.token, most = g.options.Caller(r)
	}
	x.admin = g.options.Admin != nil && g.options.Admin(r)
	if x.confined() {
		x.peek.names.forbidden = x.ofAnother
	}
	x.id, x.bad = requestID(r.Header.Get(headerRequestID))
	var err error
	if x.priority, err = queue.ParsePriority(r.Header.Get(headerPriority)); err != nil && x.bad == nil {
		x.bad = invalid(headerPriority + " must be high, normal or low")
	}
	if most.Below(x.priority) {
		x.priority = most
	}
	x.key = keyHash(cmp.Or(x.ownKey, keyOf(r.Header)))
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

// read reads the request's body. It answers by itself what is wrong with it.
func (x *exchange) read(most int64) bool {
	b, err := readBody(x.r, x.control, most, x.gateway.tempFile, &x.peek)
	if err != nil {
		x.fail(x.badBody(err, most))
		return false
	}
	x.body = b
	if x.peek.names.found != "" {
		x.fail(notOwn(x.peek.names.found))
		return false
	}
	return true
}

// untilHungUp returns a context that ends with hangUp, and when the client leaves
// before its answer is settled. Stop ends both.
func (x *exchange) untilHungUp() (ctx context.Context, hangUp context.CancelCauseFunc, stop func()) {
	client := x.r.Context()
	ctx, hangUp = context.WithCancelCause(context.WithoutCancel(client))
	x.stay = context.AfterFunc(client, func() { hangUp(context.Cause(client)) })
	return ctx, hangUp, func() { x.stay(); hangUp(nil) }
}

// waited is how long the request waited for its first attempt, until now if there
// was none.
func (x *exchange) waited() time.Duration {
	if x.started.IsZero() {
		return time.Since(x.began)
	}
	return x.started.Sub(x.began)
}

// startAttempt notes that the request's turn has come.
func (x *exchange) startAttempt() {
	x.told, x.usage = time.Now(), usage{}
	if x.attempts++; x.attempts == 1 {
		x.started = x.told
	}
}

// figures writes what every answer tells about its way through the queue.
func (x *exchange) figures(h http.Header) {
	h[headerRequestID] = []string{x.id}
	h[headerWaited] = []string{strconv.FormatInt(x.waited().Milliseconds(), 10)}
	h[headerAttempts] = []string{strconv.Itoa(x.attempts)}
	if x.lane != "" {
		h[headerLane] = []string{x.lane}
	}
	if x.oversize != "" {
		h[headerReason] = []string{x.oversize}
	}
	x.gateway.tellSimulated(h)
}

// end frees what the request holds, and writes the log. What goes wrong there does
// not break off the answer.
func (x *exchange) end() {
	x.body.close()
	_ = x.control.SetWriteDeadline(time.Time{}) // what comes next on the connection is not ours
	x.gateway.queue.Guard(queue.PartLog, x.writeLog)
}

func (x *exchange) writeLog() {
	level := slog.LevelInfo
	if x.status >= 400 || x.why != "" {
		level = slog.LevelWarn
	}
	log := x.gateway.log
	if !log.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("id", x.id), slog.Int("status", x.status),
		slog.String("method", queue.Escape(cut(x.r.Method, 20))), slog.String("path", queue.Escape(cut(x.r.URL.Path, 100))),
		slog.String("user", queue.Escape(x.user)), slog.String("lane", x.lane),
		slog.Int64("waitedMs", x.waited().Milliseconds()), slog.Int("attempts", x.attempts),
		slog.Int64("tookMs", time.Since(x.began).Milliseconds()),
	}
	for _, a := range []slog.Attr{slog.String("token", x.token), slog.String("upstreamId", x.upstream), slog.String("error", queue.Escape(x.why))} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	log.LogAttrs(context.Background(), level, "request", attrs...)
}

// address is the client's, as the connection tells it.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
