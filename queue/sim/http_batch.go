package sim

import (
	"fmt"
	"time"
)

// How long a batch takes, if x-sim-latency does not tell it.
const (
	batchLeast = time.Second
	batchEach  = 10 * time.Millisecond // for each request
	batchMost  = time.Minute
	cancelTime = time.Second // from a batch's cancellation to its end, at most
)

// The lives of a batch and of its results ("Batch processing", platform.claude.com).
const (
	batchLife   = 24 * time.Hour
	resultsLife = 29 * 24 * time.Hour
)

// batch is a message batch. What has become of it follows from its fields and the
// time; nothing runs.
type batch struct {
	id       string
	scope    scope
	requests []batchRequest // nil once it is archived
	size     int            // how many requests it has, or had

	created  time.Time
	takes    time.Duration
	expiring bool      // its life ends in the middle of its requests
	canceled time.Time // when its cancellation began; zero: not

	archived time.Time   // when its results were dropped; zero: not
	counts   batchCounts // of an archived batch
}

// batchRequest is a request of a batch: its answer, or what is wrong with it.
type batchRequest struct {
	customID string
	answer   *response // nil if there is a problem
	problem  *problem
}

// end is when the batch ends, or has ended.
func (b *batch) end() time.Time {
	end := b.created.Add(b.takes)
	if early := b.canceled.Add(cancelTime); !b.canceled.IsZero() && early.Before(end) {
		return early
	}
	return end
}

func (b *batch) ended(now time.Time) bool { return !now.Before(b.end()) }

// expires is when all that is not processed expires.
func (b *batch) expires() time.Time {
	if b.expiring {
		return b.created.Add(b.takes)
	}
	return b.created.Add(batchLife)
}

// The results of a request of a batch.
const (
	resultSucceeded = "succeeded"
	resultErrored   = "errored"
	resultCanceled  = "canceled"
	resultExpired   = "expired"
)

// result is what has become of a request of a batch that has ended. The requests are
// processed evenly over its time.
func (b *batch) result(at int) string {
	processed := b.created.Add(time.Duration(float64(b.takes) * float64(at+1) / float64(b.size)))
	switch {
	case !b.canceled.IsZero() && processed.After(b.canceled):
		return resultCanceled
	case b.expiring && at >= b.size/2:
		return resultExpired
	case b.requests[at].problem != nil:
		return resultErrored
	default:
		return resultSucceeded
	}
}

// count counts the results of a batch that has ended.
func (b *batch) count() batchCounts {
	if !b.archived.IsZero() {
		return b.counts
	}
	var n batchCounts
	for at := range b.requests {
		switch b.result(at) {
		case resultSucceeded:
			n.Succeeded++
		case resultErrored:
			n.Errored++
		case resultCanceled:
			n.Canceled++
		case resultExpired:
			n.Expired++
		}
	}
	return n
}

// archive drops the results of a batch that has ended.
func (b *batch) archive(now time.Time) {
	b.counts = b.count()
	b.archived, b.requests = now, nil
}

// The API's JSON ("Message Batches", platform.claude.com).

type batchInfo struct {
	ID              string      `json:"id"`
	Type            string      `json:"type"`
	Status          string      `json:"processing_status"`
	Counts          batchCounts `json:"request_counts"`
	EndedAt         *string     `json:"ended_at"`
	CreatedAt       string      `json:"created_at"`
	ExpiresAt       string      `json:"expires_at"`
	ArchivedAt      *string     `json:"archived_at"`
	CancelInitiated *string     `json:"cancel_initiated_at"`
	ResultsURL      *string     `json:"results_url"`
}

type batchCounts struct {
	Processing int `json:"processing"`
	Succeeded  int `json:"succeeded"`
	Errored    int `json:"errored"`
	Canceled   int `json:"canceled"`
	Expired    int `json:"expired"`
}

// timestamp is a time as the API writes it; nil for the zero time.
func timestamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format("2006-01-02T15:04:05.000000Z07:00")
	return &s
}

// info is the batch as the API shows it to a client that has reached host. All
// requests count as processing until the batch has ended.
func (b *batch) info(now time.Time, host string) batchInfo {
	i := batchInfo{
		ID: b.id, Type: "message_batch", Status: "in_progress",
		CreatedAt: *timestamp(b.created), ExpiresAt: *timestamp(b.expires()), CancelInitiated: timestamp(b.canceled),
	}
	switch {
	case b.ended(now):
		i.Status, i.EndedAt, i.Counts, i.ArchivedAt = "ended", timestamp(b.end()), b.count(), timestamp(b.archived)
		if i.ArchivedAt == nil {
			url := fmt.Sprintf("http://%s%s/%s/results", host, batchesPath, b.id)
			i.ResultsURL = &url
		}
		return i
	case i.CancelInitiated != nil:
		i.Status = "canceling"
	}
	i.Counts.Processing = b.size
	return i
}

// line is a line of the results.
func (b *batch) line(at int) []byte {
	type result struct {
		Type    string     `json:"type"`
		Message *message   `json:"message,omitempty"`
		Error   *errorBody `json:"error,omitempty"`
	}
	r := &b.requests[at]
	of := result{Type: b.result(at)}
	switch of.Type {
	case resultSucceeded:
		m := r.answer.whole()
		of.Message = &m
	case resultErrored:
		failed := r.problem.body(nil)
		of.Error = &failed
	}
	return append(encode(struct {
		CustomID string `json:"custom_id"`
		Result   result `json:"result"`
	}{r.customID, of}), '\n')
}
