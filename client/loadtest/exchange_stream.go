package loadtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"paceline/queue/sse"
)

// maxEvent is the largest amount of data in an event of a stream, in bytes.
const maxEvent = 4 << 20

// errTooLong is returned for a stream of more than maxAnswer bytes, or an event of
// more than maxEvent.
var errTooLong = errors.New("loadtest: stream too long")

// readStream reads a streamed answer to its end. It is complete if it ends with
// message_stop, or on the chat route with [DONE].
func (s *sender) readStream(ctx context.Context, a answer, response *http.Response) answer {
	if !sse.IsStream(response.Header.Get("Content-Type")) {
		body, err := io.ReadAll(io.LimitReader(response.Body, maxErrorAnswer))
		if err != nil {
			return s.connectionProblem(ctx, a, err)
		}
		if a.problem = s.checkAnswer(body); a.problem == nil {
			a.problem = s.problem("200, no stream", "the answer is not streamed: try without --stream")
		}
		return a
	}
	streamed := stream{route: s.target.Route}
	err := streamed.read(response.Body)
	a.first = streamed.first
	switch {
	case err != nil:
		return s.connectionProblem(ctx, a, err)
	case streamed.failed != nil:
		kind, words := errorText(streamed.failed)
		a.problem = s.problem(join("error in the stream", kind), words)
	case !streamed.ended && ctx.Err() != nil:
		a.stopped = true
	case !streamed.ended:
		a.problem = s.problem("the stream broke off", "the stream broke off before its end")
	}
	return a
}

// stream is the state of a stream while it is read.
type stream struct {
	route  Route
	first  time.Time // when the first text came
	ended  bool
	failed []byte // the data of an error event
}

// read reads to the end of the stream, or to an event that ends it.
func (s *stream) read(body io.Reader) error {
	bounded := &io.LimitedReader{R: body, N: maxAnswer}
	// Some servers of the older deployment's route omit the empty line after an event.
	events := sse.NewReader(bounded, sse.Parser{Limit: maxEvent, EventPerLine: s.route == Chat})
	for !s.ended && s.failed == nil {
		e, err := events.Next()
		switch {
		case errors.Is(err, sse.ErrTooLong), errors.Is(err, io.EOF) && bounded.N == 0:
			return errTooLong
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		s.event(e.Data)
	}
	return nil
}

// event handles the data of one event.
func (s *stream) event(data []byte) {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return
	}
	if s.route == Chat && string(data) == "[DONE]" {
		s.ended = true
		return
	}
	var e struct {
		Type  string          `json:"type"`
		Text  string          `json:"text"`
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(data, &e) != nil {
		return // neither a text nor the end
	}
	switch {
	case e.Error != nil && string(e.Error) != "null":
		s.failed = bytes.Clone(data)
	case s.route == Messages && e.Type == "message_stop":
		s.ended = true
	case s.first.IsZero() && (s.route == Messages && e.Type == "content_block_delta" || s.route == Chat && e.Text != ""):
		s.first = time.Now()
	}
}
