package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"paceline/queue"
)

// Decode reads the body of GET /api/queue/metrics. A figure that makes no sense is
// unknown, does not affect the others, and is counted. It leaves At and Took zero. An error is a
// *[Failure]: the body is no JSON object, it has none of the keys of the metrics, or
// it is the endpoint's own {"error","details"}.
func Decode(body []byte) (Sample, error) {
	root, f := parse(body)
	if f != nil {
		return Sample{}, f
	}
	if !root.isMetricsAnswer() {
		if words := root.errorText(); words != "" {
			return Sample{}, &Failure{
				Words: "the server failed: " + words,
				Hint:  "look into the server's log",
				Err:   errors.New(words),
			}
		}
		return Sample{}, &Failure{
			Words: "this JSON is not the metrics of a queue",
			Hint:  "is this the right address?",
			Err:   errors.New("client: none of metrics, health and detail"),
		}
	}
	var s Sample
	unread := 0
	fill(&s, root, &unread)
	s.Unread += unread
	return s, nil
}

// decodePoll decodes the body that answers a poll, which began at start.
func (d *decoder) decodePoll(body []byte, start time.Time) (Sample, []byte, error) {
	sample, err := d.decode(body)
	if err != nil {
		return Sample{}, nil, err
	}
	sample.At = time.Now()
	sample.Took = sample.At.Sub(start)
	return sample, body, nil
}

// FromReport returns what [Decode] returns for the report's JSON. An error is a
// *[Failure]: the report cannot be written as JSON, because a figure is NaN.
func FromReport(r queue.Report) (Sample, error) {
	body, err := reportJSON(r)
	if err != nil {
		return Sample{}, err
	}
	return Decode(body)
}

// reportJSON writes a report as the endpoint does.
func reportJSON(r queue.Report) ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil { // a NaN
		return nil, &Failure{Words: "the report has a figure that cannot be written", Err: err}
	}
	return body, nil
}

// parse reads body as one JSON object.
func parse(body []byte) (object, *Failure) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	const hint = "is this the right address, or does a proxy or a login page stand between?"
	switch {
	case len(body) == 0:
		return nil, &Failure{Words: "the answer is empty", Hint: hint, Err: io.EOF}
	case body[0] == '<':
		return nil, &Failure{Words: "HTML came instead of JSON", Hint: hint, Err: errors.New("client: HTML")}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &Failure{
			Words: fmt.Sprintf("the JSON breaks off after %d bytes", len(body)),
			Hint:  "poll again; if it stays, look at the server and the proxies between",
			Err:   err,
		}
	case err == nil:
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			break
		}
		return nil, &Failure{Words: "more follows after the JSON", Hint: hint, Err: errors.New("client: more than one JSON value")}
	default:
		return nil, &Failure{Words: "the answer is not JSON", Hint: hint, Err: err}
	}
	root, ok := value.(map[string]any)
	if !ok {
		return nil, &Failure{Words: "the JSON is not an object", Hint: hint, Err: fmt.Errorf("client: JSON is %T", value)}
	}
	return root, nil
}

// isMetricsAnswer reports whether the object has a key of the metrics. A status alone
// is not one: the answers of many health checks have one.
func (o object) isMetricsAnswer() bool {
	for _, key := range []string{"metrics", "health", "detail"} {
		if _, ok := o[key]; ok {
			return true
		}
	}
	return false
}

// errorText returns the text of an error: {"error","details"}, or the Claude API's
// {"type":"error","error":{"type","message"}}; empty if it is neither.
func (o object) errorText() string {
	if inner := o.object("error"); inner != nil {
		return inner.text("message").Or(inner.text("type").Value)
	}
	what, why := o.text("error"), o.text("details")
	switch {
	case what.Known && why.Known:
		return fmt.Sprintf("%s (%s)", what.Value, why.Value)
	default:
		return what.Or(why.Value)
	}
}
