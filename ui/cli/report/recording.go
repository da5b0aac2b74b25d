package report

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"paceline/client"
	"paceline/client/report"
	"paceline/ui/cli/command"
)

// isAddress reports whether a word is the address of a queue, not the name of a
// file.
func isAddress(word string) bool {
	if word == "-" {
		return false
	}
	if strings.Contains(word, "://") {
		return true
	}
	if _, err := os.Stat(word); err == nil {
		return false
	}
	host, _, _ := strings.Cut(word, "/")
	_, _, err := net.SplitHostPort(host)
	return err == nil || host == "localhost" || net.ParseIP(host) != nil
}

// readRecording makes the report of a recording. Its older half, if there is one,
// comes first.
func (p *process) readRecording(ctx context.Context, name string) (*summary, error) {
	s := &summary{source: filepath.Base(name)}
	from := p.In
	if name == "-" {
		s.source = "stdin"
	} else {
		files, err := openRecording(name)
		if err != nil {
			return nil, err
		}
		var parts []io.Reader
		for _, f := range files {
			defer func() { _ = f.Close() }()
			parts = append(parts, f, strings.NewReader("\n"))
		}
		from = io.MultiReader(parts...)
		if len(files) > 1 {
			s.source += " and " + s.source + client.RotatedSuffix
		}
	}
	builder, recording := report.NewBuilder(), client.NewRecording(bufio.NewReader(from))
	empty := true
	for ctx.Err() == nil {
		entry, err := recording.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			s.readError = command.Reason(errors.Unwrap(err)).Error()
			break
		}
		builder.Add(entry)
		empty = false
	}
	if ctx.Err() != nil {
		return nil, command.Failf("stopped before the recording was read")
	}
	s.Report, s.skipped = builder.Report(), recording.Skipped()
	switch {
	case s.Answers+s.Failures > 0:
		return s, nil
	case s.readError != "":
		return nil, command.Failf("%s cannot be read: %s", s.source, s.readError)
	case empty && s.skipped == 0:
		return nil, command.Failf("%s is empty: record with paceline URL --record FILE", s.source)
	default:
		return nil, command.Failf("%s has no answer of a queue in it: record with paceline URL --record FILE", s.source)
	}
}

// openRecording opens a recording, and its older half if there is one, the older
// first.
func openRecording(name string) (files []*os.File, err error) {
	f, err := os.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, command.Failf("there is no file %s; the address of a queue is written http://HOST:PORT", name)
	case err != nil:
		return nil, command.Failf("%s cannot be read: %v", name, command.Reason(err))
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close()
		return nil, command.Failf("%s is a folder: name the recording in it", name)
	}
	if older, err := os.Open(name + client.RotatedSuffix); err == nil {
		if info, err := older.Stat(); err == nil && info.Mode().IsRegular() {
			return []*os.File{older, f}, nil
		}
		_ = older.Close()
	}
	return []*os.File{f}, nil
}
