package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"paceline/queue"
	"paceline/queue/sse"
)

// maxEvent is how much data an event may have that the chat route reads.
const maxEvent = 1 << 20

// passStream passes the text on as it comes: a line of data for each piece, and
// [DONE] at the end. What breaks off ends with a line that says so, and without
// [DONE].
func (c *chatting) passStream(ctx context.Context, answer *http.Response) error {
	if !isEventStream(answer.Header) {
		return &queue.Error{Class: queue.ServerError, Retry: queue.RetryNo, Err: errNoMessage}
	}
	c.figures(c.w.Header())
	_ = c.control.SetWriteDeadline(time.Now().Add(writeTime))
	c.beginStream()
	_ = c.control.Flush()

	watch := newStreamWatch()
	events := sse.NewReader(&progress{ctx, answer.Body}, sse.Parser{Limit: maxEvent})
	for {
		e, err := events.Next()
		switch {
		case err == nil:
		case c.settled:
			return watch.verdict(true)
		case errors.Is(err, io.EOF):
			return c.breakOff(watch.verdict(true)) // it has not stopped, so there is one
		default:
			return c.breakOff(broken(ctx, err))
		}
		watch.see(e)
		c.spent(ctx, &watch.usage)
		switch text := deltaText(e.Data); {
		case c.settled: // what is still to come is read, so that the connection lives on
		case watch.stopped:
			stop := c.settleStream(answer)
			defer stop()
			err = c.writeData("[DONE]")
		case text != "":
			err = c.writeJSON(map[string]string{"text": text})
		}
		if err != nil {
			c.hangUp(errHungUp)
			return errHungUp
		}
	}
}

// progress tells the queue that the answer goes on, as often as something comes.
type progress struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (p *progress) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if n > 0 {
		queue.Progress(p.ctx)
	}
	return n, err
}

// breakOff ends the stream with a line that says why it broke off.
func (c *chatting) breakOff(why error) error {
	_ = c.writeJSON(chatError{"The answer broke off", why.Error()})
	return why
}

// deltaText returns the text of a content_block_delta; empty for any other data.
func deltaText(data []byte) string {
	var e struct {
		Type  string `json:"type"`
		Delta struct {
			Text string `json:"text"`
		} `json:"delta"`
	}
	if json.Unmarshal(data, &e) != nil || e.Type != "content_block_delta" {
		return ""
	}
	return e.Delta.Text
}

// writeJSON sends one event of the route.
func (c *chatting) writeJSON(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings
	}
	return c.writeData(string(data))
}

func (c *chatting) writeData(data string) error {
	_ = c.control.SetWriteDeadline(time.Now().Add(writeTime))
	return c.writeEvent("", []byte(data))
}

// broken is the outcome of an answer that did not come to its end.
func broken(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return &queue.Error{Class: queue.NetworkError, Retry: queue.RetryNo, Err: connectionWords(err)}
}
