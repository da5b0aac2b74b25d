package gateway

import (
	"io"
	"net/http"
	"time"
)

// How slowly a body may come. A connection of a client that sends next to nothing costs
// what one that waits costs, and is open for as long.
const (
	bodyGrace     = 10 * time.Second // for nothing at all
	leastBodyRate = 1000             // bytes a second after that, over the whole body
	bodyTime      = time.Minute      // for the whole body, and a second more for each
	bytesASecond  = 100_000          // of these
)

// pacedReader reads a body that must come fast enough. Its reads fail with
// [os.ErrDeadlineExceeded] as soon as what has come is too little for the time.
type pacedReader struct {
	body    io.Reader
	control *http.ResponseController
	began   time.Time
	read    int64
	until   time.Time // the deadline that is set
}

func newPacedReader(body io.Reader, control *http.ResponseController) *pacedReader {
	return &pacedReader{body: body, control: control, began: time.Now()}
}

// Read implements io.Reader.
func (p *pacedReader) Read(b []byte) (int, error) {
	// A tenth of a second more is not worth a call.
	if until := p.began.Add(allowance(p.read)); until.Sub(p.until) >= 100*time.Millisecond {
		p.until = until
		_ = p.control.SetReadDeadline(until) // a recorder has no client to wait for
	}
	n, err := p.body.Read(b)
	p.read += int64(n)
	return n, err
}

// finish ends the deadline. It would end net/http's watch for the client's hang-up, and
// with it the request.
func (p *pacedReader) finish() { _ = p.control.SetReadDeadline(time.Time{}) }

// allowance is how long a client may take for so many bytes, and one more.
func allowance(bytes int64) time.Duration {
	seconds := func(perSecond int64) time.Duration { // rounded down to ms
		return time.Duration(bytes*1000/perSecond) * time.Millisecond
	}
	return min(bodyGrace+seconds(leastBodyRate), bodyTime+seconds(bytesASecond))
}
