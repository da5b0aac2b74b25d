package apierror_test

import (
	"testing"

	"paceline/queue/internal/apierror"
)

func TestJSON(t *testing.T) {
	got := string(apierror.JSON("rate_limit_error", `the queue is "full"`, "req_1"))
	want := `{"type":"error","error":{"type":"rate_limit_error","message":"the queue is \"full\""},"request_id":"req_1"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
