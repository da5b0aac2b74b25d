package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"paceline/queue"
)

// mostRecorded is how large a recording gets before it becomes the older half.
const maxRecordingSize = 512 << 20

// OlderPart is what the name of a recording's older half ends in.
const RotatedSuffix = ".1"

// ErrNotARecording says that a file that was to be appended to is something else.
var ErrNotARecording = errors.New("client: not a recording")

// Recordable is a [Source] whose answers can be written down as they came:
// [HTTP] and [Embedded].
type Recordable interface {
	Source
	// answer is Poll, with the answer as it came; nil if there is none.
	answer(ctx context.Context) (Sample, []byte, error)
}

// Recorder appends what polls bring to a file: JSON lines, an answer of the
// endpoint a line, as it came but for the white space. A failed poll is a line
// {"error","details","timestamp"}, its time by the endpoint's clock as far as that
// is known, a reset from here one as the endpoint answers it. So
//
//	curl -s URL/api/queue/metrics >> FILE
//
// in a loop makes a recording, too. Each line is one write: a program that is
// killed leaves whole lines. At 512 MB the file is renamed to FILE.1, in the place
// of an older one, and another begun, so that the newest 512 MB to 1 GB are kept:
// of a busy paceline, whose answers have 33 kB, 4 to 9 hours at one a second.
// Make one with [OpenRecorder]; it is safe for concurrent use.
type Recorder struct {
	path    string
	maxSize int64 // bytes of a file

	mu          sync.Mutex
	file        *os.File      // guarded by mu, as all below
	size        int64         // of the file
	partialLine bool          // the file does not end with the end of a line
	clockOffset time.Duration // the endpoint's clock is, of ours
	firstError  error         // the first write that did
	line        bytes.Buffer
}

// OpenRecorder opens a recording to append to. What it creates only its owner may
// read: the names of users stand in it. A file that is there and is no recording
// stays as it is: the error is an [ErrNotARecording].
func OpenRecorder(path string) (*Recorder, error) {
	r := &Recorder{path: path, maxSize: maxRecordingSize}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

// open opens the file.
func (r *Recorder) open() error {
	if info, err := os.Stat(r.path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%w: %s is no ordinary file", ErrNotARecording, r.path)
	}
	file, err := os.OpenFile(r.path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("client: recording: %w", err)
	}
	if err := r.adopt(file); err != nil {
		_ = file.Close()
		return err
	}
	return nil
}

// adopt goes on in a file, if it is a recording or empty.
func (r *Recorder) adopt(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("client: recording: %w", err)
	}
	r.file, r.size, r.partialLine = file, info.Size(), false
	if r.size == 0 {
		return nil
	}
	if _, err := NewRecording(io.NewSectionReader(file, 0, 2*maxBody)).Next(); errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %s has something else in it", ErrNotARecording, r.path)
	} else if err != nil {
		return err
	}
	end := make([]byte, 1)
	if _, err := file.ReadAt(end, r.size-1); err != nil {
		return fmt.Errorf("client: recording: %w", err)
	}
	r.partialLine = end[0] != '\n'
	return nil
}

// Record returns a source that writes down what the polls of s bring. Writing
// that fails does not fail a poll: [Recorder.Close] tells. Closing the source does
// not close the recorder.
func (r *Recorder) Record(s Recordable) Source { return &recordedSource{s, r} }

// Close ends the recording. It returns the first error of writing, if there was
// one since it was opened. It is safe to call twice.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != nil {
		r.keepError(r.file.Close())
		r.file = nil
	}
	return r.firstError
}

// recordedSource is a source whose answers are written down.
type recordedSource struct {
	Recordable
	to *Recorder
}

// Poll implements [Source].
func (s *recordedSource) Poll(ctx context.Context) (Sample, error) {
	sample, body, err := s.answer(ctx)
	switch {
	case err == nil:
		s.to.recordAnswer(sample, body)
	case errors.Is(err, context.Canceled): // nobody wanted to know any more
	default:
		s.to.recordFailure(time.Now(), err)
	}
	return sample, err
}

// Reset implements [Source].
func (s *recordedSource) Reset(ctx context.Context) error {
	err := s.Recordable.Reset(ctx)
	if err == nil {
		s.to.recordReset(time.Now())
	}
	return err
}

// recordAnswer writes an answer down.
func (r *Recorder) recordAnswer(s Sample, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.Timestamp.Known {
		r.clockOffset = s.At.Sub(s.Timestamp.Value)
	}
	r.line.Reset()
	if json.Compact(&r.line, bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\ufeff"))) == nil && r.line.Len() > 0 {
		r.write()
	}
}

// failedPoll is the line of a poll that failed: the wire's error, with its time.
type failedPoll struct {
	Error     string     `json:"error"`
	Details   string     `json:"details,omitempty"`
	Timestamp queue.Time `json:"timestamp"`
}

// recordFailure writes down that a poll failed.
func (r *Recorder) recordFailure(at time.Time, err error) {
	line := failedPoll{Error: err.Error()}
	if f, ok := errors.AsType[*Failure](err); ok {
		line.Details = f.Hint
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	line.Timestamp.Time = at.Add(-r.clockOffset)
	r.encode(line)
}

// resetAnswer is the endpoint's answer to a reset.
type resetAnswer struct {
	Success   bool       `json:"success"`
	Message   string     `json:"message"`
	Timestamp queue.Time `json:"timestamp"`
}

// recordReset writes down that the counters were reset from here.
func (r *Recorder) recordReset(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.encode(resetAnswer{true, "Queue metrics have been reset", queue.Time{Time: at.Add(-r.clockOffset)}})
}

// encode writes a line of our own. It requires that mu is held.
func (r *Recorder) encode(line any) {
	body, err := json.Marshal(line)
	if err != nil {
		r.keepError(err)
		return
	}
	r.line.Reset()
	r.line.Write(body)
	r.write()
}

// write appends the line in one go. After a write that broke off the next one
// begins a line of its own. It requires that mu is held.
func (r *Recorder) write() {
	if r.file == nil {
		return
	}
	if r.size+int64(r.line.Len())+1 > r.maxSize && r.size > 0 {
		r.rotate()
	}
	line := append(r.line.Bytes(), '\n')
	if r.partialLine {
		line = append([]byte{'\n'}, line...)
	}
	n, err := r.file.Write(line)
	r.size += int64(n)
	if n > 0 {
		r.partialLine = err != nil
	}
	r.keepError(err)
}

// rotate makes the file the older half, and begins another. If it cannot, the file
// goes on: it is better too large than lost. It requires that mu is held.
func (r *Recorder) rotate() {
	if err := os.Rename(r.path, r.path+RotatedSuffix); err != nil {
		r.keepError(err)
		return
	}
	old, torn := r.file, r.partialLine
	if err := r.open(); err != nil {
		r.file, r.partialLine = old, torn
		r.keepError(err)
		return
	}
	r.keepError(old.Close())
}

// keepError keeps the first error. It requires that mu is held.
func (r *Recorder) keepError(err error) {
	if err != nil && r.firstError == nil {
		r.firstError = fmt.Errorf("client: the recording has gaps: %w", err)
	}
}
