package gateway_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// refusedOnce is an API that refuses the first request for a while, and answers the next.
type refusedOnce struct {
	after time.Duration
	asked int
}

// RoundTrip implements http.RoundTripper.
func (r *refusedOnce) RoundTrip(q *http.Request) (*http.Response, error) {
	r.asked++
	a := &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}}, Request: q}
	body := `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`
	if r.asked == 1 {
		a.StatusCode, body = 429, `{"type":"error","error":{"type":"rate_limit_error","message":"wait"}}`
		a.Header.Set("Retry-After", strconv.FormatFloat(r.after.Seconds(), 'f', -1, 64))
	}
	a.Body = io.NopCloser(strings.NewReader(body))
	return a, nil
}

// README says so: the official SDKs for Go wait as long as they are told, also for more than a
// minute.
func TestSDKsWaitAsLongAsTheyAreTold(t *testing.T) {
	for name, newSDK := range sdks {
		for _, after := range []time.Duration{59 * time.Second, time.Minute, 61 * time.Second, 2 * time.Minute} {
			synctest.Test(t, func(t *testing.T) {
				api, began := &refusedOnce{after: after}, time.Now()
				_, err := newSDK(&http.Client{Transport: api}, 2).ask(t.Context(), sdkQuestion{text: "hello", maxTokens: 10})
				if waited := time.Since(began); err != nil || waited != after || api.asked != 2 {
					t.Errorf("%s, %v: waited %v for %d answers: %v", name, after, waited, api.asked, err)
				}
			})
		}
	}
}
