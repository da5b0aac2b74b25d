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

// maxRecordingSize is the size at which the file of a recording is rotated.
const maxRecordingSize = 512 << 20

// RotatedSuffix is the suffix of the older one of a recording's two files.
const RotatedSuffix = ".1"

// ErrNotARecording is returned for a file that exists and is not a recording.
var ErrNotARecording = errors.New("client: not a recording")

// Recordable is a [Source] whose answers can be recorded: [HTTP] and [Embedded].
type Recordable interface {
	Source
	// answer is Poll that also returns the body of the answer.
	answer(ctx context.Context) (Sample, []byte, error)
}

// Recorder appends the answers to polls to a file of JSON lines. An answer is one line,
// as the endpoint sent it but for white space. A failed poll is a line
// {"error","details","timestamp"}, with the time by the endpoint's clock if that is
// known. A reset from this side is the line that the endpoint answers it with. A loop
// around curl makes a recording, too: README.md has one. Each line is one write, so that
// a program that is killed leaves whole lines. At 512 MB the file is renamed to FILE.1, which replaces an
// older one, and a new file is begun: the newest 512 MB to 1 GB are kept. With a busy
// paceline, whose answers have 33 kB, and one poll per second, this is 4 to 9 hours.
// Make a Recorder with [OpenRecorder]; it is safe for concurrent use.
type Recorder struct {
	path    string
	maxSize int64 // of a file, in bytes

	mu          sync.Mutex
	file        *os.File      // guarded by mu, as all below
	size        int64         // of the file, in bytes
	partialLine bool          // the file does not end in a newline
	clockOffset time.Duration // by which the endpoint's clock is behind this one's
	firstError  error         // the first error of a write
	line        bytes.Buffer
}

// OpenRecorder opens a recording to append to, or creates one. Only the owner may read
// a file that it creates, because it holds the names of users. A file that exists and
// is not a recording is left as it is: the error is [ErrNotARecording].
func OpenRecorder(path string) (*Recorder, error) {
	r := &Recorder{path: path, maxSize: maxRecordingSize}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

// open opens the file, or creates it.
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

// adopt continues a file if it is a recording or empty.
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

// Record returns a source that polls s and records the answers. An error of writing
// does not fail a poll; [Recorder.Close] returns it. Closing the source does not close
// the recorder.
func (r *Recorder) Record(s Recordable) Source { return &recordedSource{s, r} }

// Close closes the file. It returns the first error of writing since the recorder was
// opened. It is safe to call twice.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != nil {
		r.keepError(r.file.Close())
		r.file = nil
	}
	return r.firstError
}

// recordedSource is a source whose answers are recorded.
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
	case errors.Is(err, context.Canceled): // the caller has given up: nothing is known of the endpoint
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

// recordAnswer writes an answer.
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

// failedPoll is the line of a failed poll: the wire's error, with a time.
type failedPoll struct {
	Error     string     `json:"error"`
	Details   string     `json:"details,omitempty"`
	Timestamp queue.Time `json:"timestamp"`
}

// recordFailure writes that a poll failed.
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

// recordReset writes that the counters were reset from this side.
func (r *Recorder) recordReset(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.encode(resetAnswer{true, "Queue metrics have been reset", queue.Time{Time: at.Add(-r.clockOffset)}})
}

// encode writes v as a line. It requires that mu is held.
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

// write appends the line in one write. After a partial write it begins a new line. It
// requires that mu is held.
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

// rotate renames the file and begins another. After an error the file is continued: it
// is better too large than lost. It requires that mu is held.
func (r *Recorder) rotate() {
	if err := os.Rename(r.path, r.path+RotatedSuffix); err != nil {
		r.keepError(err)
		return
	}
	old, partial := r.file, r.partialLine
	if err := r.open(); err != nil {
		r.file, r.partialLine = old, partial
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
