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

// maxEvent is the most data of an event that the chat route reads, in bytes.
const maxEvent = 1 << 20

// passStream passes the text on as it arrives: an event for each piece, and [DONE]
// at the end. A broken stream ends with an event that says so, and without [DONE].
func (c *chatCall) passStream(ctx context.Context, answer *http.Response) error {
	if !isEventStream(answer.Header) {
		return &queue.Error{Class: queue.ServerError, Retry: queue.RetryNo, Err: errNoMessage}
	}
	c.setHeaders(c.w.Header())
	_ = c.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	c.beginStream()
	_ = c.control.Flush()

	watch := newStreamWatcher()
	events := sse.NewReader(&progressReader{ctx, answer.Body}, sse.Parser{Limit: maxEvent})
	for {
		e, err := events.Next()
		switch {
		case err == nil:
		case c.complete:
			return watch.outcome()
		case errors.Is(err, io.EOF):
			return c.writeBroken(watch.outcome()) // not nil, because the stream has not stopped
		default:
			return c.writeBroken(brokenAnswer(ctx, err))
		}
		watch.observe(e)
		c.reportUsage(ctx, &watch.usage)
		switch text := deltaText(e.Data); {
		case c.complete: // read the rest, so that the connection can be used again
		case watch.stopped:
			stop := c.completeStream(answer)
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

// progressReader reports progress to the queue with each piece.
type progressReader struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (p *progressReader) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if n > 0 {
		queue.Progress(p.ctx)
	}
	return n, err
}

// writeBroken ends the stream with an event that says why it broke off.
func (c *chatCall) writeBroken(why error) error {
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
func (c *chatCall) writeJSON(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings
	}
	return c.writeData(string(data))
}

func (c *chatCall) writeData(data string) error {
	_ = c.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	return c.writeEvent("", []byte(data))
}

// brokenAnswer is the outcome of an answer that broke off.
func brokenAnswer(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return &queue.Error{Class: queue.NetworkError, Retry: queue.RetryNo, Err: connectionError(err)}
}
