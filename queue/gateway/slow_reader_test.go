package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// slowClient asks for a stream over a connection of its own, and has read nothing of it yet.
func (b *hostileBubble) slowClient(user string) (read func() (body io.Reader, err error), leave func()) {
	b.Helper()
	c := b.dialFront()
	_, err := io.WriteString(c, "POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-Api-Key: "+bubbleKey+"\r\nX-Paceline-User: "+user+"\r\nContent-Length: "+itoa(len(streamHello))+"\r\n\r\n"+streamHello)
	if err != nil {
		b.Fatal(err)
	}
	read = func() (io.Reader, error) {
		a, err := http.ReadResponse(bufio.NewReaderSize(c, 16), nil) //nolint:bodyclose // the connection is closed
		if err != nil {
			return nil, err
		}
		return a.Body, nil
	}
	return read, func() { _ = c.Close() }
}

// slowly reads at a rate, in bytes a second, until an end.
func slowly(from io.Reader, rate int) (text string, err error) {
	piece := make([]byte, rate/10)
	for {
		n, err := io.ReadFull(from, piece)
		text += string(piece[:n])
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF) && n > 0:
			_, err = from.Read(piece)
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return text, err
		case err != nil:
			return text, err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// long is a stream of a size.
func long(size int) string {
	return oneStart + strings.Repeat(oneDelta, size/len(oneDelta)) + oneStop
}

// A client that does not read once held its slot for as long as it pleased. Its answer comes
// whole all the same, and counts when the API has sent it.
func TestSlowReaderHoldsNoSlot(t *testing.T) {
	s := unspaced()
	s.MaxInFlight = 1
	for name, c := range map[string]struct{ say, body string }{
		"stream":         {sseChunked + chunk(long(500_000)) + chunk(""), long(500_000)},
		"whole answer":   {jsonHead + "Content-Length: 500002\r\n\r\n[" + strings.Repeat(" ", 500_000) + "]", "[" + strings.Repeat(" ", 500_000) + "]"},
		"without length": {jsonHead + "Connection: close\r\n\r\n[" + strings.Repeat(" ", 500_000) + "]", "[" + strings.Repeat(" ", 500_000) + "]"},
		"one piece":      {jsonHead + "Content-Length: 18\r\n\r\n" + `{"type":"message"}`, `{"type":"message"}`},
	} {
		t.Run(name, func(t *testing.T) {
			inHostileBubble(t, s, func(w *wire) {
				for {
					if _, ok := w.request(); !ok || !w.say(c.say) || strings.Contains(c.say, "close") {
						return
					}
				}
			}, func(b *hostileBubble) {
				read, leave := b.slowClient("slow")
				defer leave()
				time.Sleep(30 * time.Second)
				if got, running := b.counts(), b.queue.Report().Detail.Running; got != (counts{successful: 1}) || running != 0 {
					t.Errorf("counted %+v, and %d run", got, running)
				}
				if a := b.ask("POST", "/v1/messages", hello); a.status != 200 || a.header.Get("X-Paceline-Waited-Ms") != "0" || a.body != c.body {
					t.Errorf("the next one got %d %v after %s ms", a.status, a.err, a.header.Get("X-Paceline-Waited-Ms"))
				}
				a, err := read()
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(a)
				if string(text) != c.body || err != nil {
					t.Errorf("the slow one got %d bytes of %d, %v", len(text), len(c.body), err)
				}
				if got := b.counts(); got != (counts{successful: 2}) {
					t.Errorf("counted %+v", got)
				}
			})
		})
	}
}

// The same over HTTP/2, where a client takes 4 MB before it holds anything up.
func TestSlowReaderHoldsNoSlotOverHTTP2(t *testing.T) {
	s := unspaced()
	s.MaxInFlight = 1
	body := long(4<<20 + 500_000)
	inHostileBubble(t, s, func(w *wire) {
		for {
			if _, ok := w.request(); !ok || !w.say(sseChunked+chunk(body)+chunk("")) {
				return
			}
		}
	}, func(b *hostileBubble) {
		client, stop := b.http2()
		defer stop()
		q, err := http.NewRequestWithContext(b.Context(), "POST", "http://gateway/v1/messages", strings.NewReader(streamHello))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("X-Api-Key", bubbleKey)
		a, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = a.Body.Close() }()
		time.Sleep(30 * time.Second)
		if got := b.counts(); got != (counts{successful: 1}) {
			t.Errorf("counted %+v", got)
		}
		if text, err := io.ReadAll(a.Body); string(text) != body || err != nil {
			t.Errorf("got %d bytes of %d, %v", len(text), len(body), err)
		}
	})
}

// Beyond what is read ahead a client must read at 4 kB/s: who does has all, who does not is
// cut off, and nobody takes that for an end. The API is not blamed for either.
func TestReaderBeyondWhatIsReadAhead(t *testing.T) {
	s := unspaced()
	s.MaxRun = 5 * time.Second
	body := long(1 << 21)
	for name, c := range map[string]struct {
		rate  int
		whole bool
		want  counts
	}{
		"5 kB/s": {5000, true, counts{successful: 1}},
		"3 kB/s": {3000, false, counts{cancelled: 1}},
		"1 kB/s": {1000, false, counts{cancelled: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			inHostileBubble(t, s, func(w *wire) {
				if _, ok := w.request(); ok {
					w.say(sseChunked + chunk(body) + chunk(""))
				}
			}, func(b *hostileBubble) {
				read, leave := b.slowClient("slow")
				defer leave()
				a, err := read()
				if err != nil {
					t.Fatal(err)
				}
				text, err := slowly(a, c.rate)
				if whole := text == body && err == nil; whole != c.whole || !whole && err == nil {
					t.Errorf("got %d bytes of %d, %v", len(text), len(body), err)
				}
				if got := b.counts(); got != c.want {
					t.Errorf("counted %+v, want %+v", got, c.want)
				}
			})
		})
	}
}

// A client that leaves ends the call to the API, also while its answer is read ahead.
func TestSlowReaderThatLeavesEndsTheCall(t *testing.T) {
	ended := make(chan struct{})
	inHostileBubble(t, unspaced(), func(w *wire) {
		ended = make(chan struct{})
		defer close(ended)
		if _, ok := w.request(); ok && w.say(sseChunked+chunk(long(100_000))) {
			_, _ = io.Copy(io.Discard, w.in) // until it is given up
		}
	}, func(b *hostileBubble) {
		_, leave := b.slowClient("slow")
		time.Sleep(30 * time.Second)
		if running := b.queue.Report().Detail.Running; running != 1 {
			t.Errorf("%d run, want 1: the API has not ended", running)
		}
		leave()
		<-ended
		if got := b.counts(); got != (counts{cancelled: 1}) {
			t.Errorf("counted %+v", got)
		}
		if !strings.Contains(b.log.String(), `"status":499`) {
			t.Errorf("the log says %s", b.log)
		}
	})
}

// What breaks off while it is read ahead is broken for the client, too.
func TestAnswerThatBreaksOffAheadOfItsReader(t *testing.T) {
	inHostileBubble(t, unspaced(), func(w *wire) {
		if _, ok := w.request(); ok {
			w.say(sseChunked + chunk(long(100_000)[:100_000]))
		}
	}, func(b *hostileBubble) {
		read, leave := b.slowClient("slow")
		defer leave()
		time.Sleep(30 * time.Second)
		if got := b.counts(); got != (counts{failed: 1}) {
			t.Errorf("counted %+v", got)
		}
		a, err := read()
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(a); len(text) != 100_000 || err == nil {
			t.Errorf("got %d bytes, %v: want what came, and an error", len(text), err)
		}
	})
}

// The end of draining does not wait for those who are slow to read: their calls are over.
func TestDrainingDoesNotWaitForSlowReaders(t *testing.T) {
	inHostileBubble(t, unspaced(), func(w *wire) {
		if _, ok := w.request(); ok {
			w.say(sseChunked + chunk(long(100_000)) + chunk(""))
		}
	}, func(b *hostileBubble) {
		read, leave := b.slowClient("slow")
		defer leave()
		time.Sleep(30 * time.Second)
		ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
		defer cancel()
		if err := b.queue.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		a, err := read()
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(a); string(text) != long(100_000) || err != nil {
			t.Errorf("got %d bytes, %v", len(text), err)
		}
	})
}

// Sixteen readers at 1 kB/s once held all slots for minutes, and the verdict said that all was
// well. Now nobody waits for them, and the verdict names them.
func TestOthersDoNotWaitForSlowReaders(t *testing.T) {
	const slow = 16
	s := unspaced()
	s.MaxInFlight = slow
	body := long(200_000)
	inHostileBubble(t, s, func(w *wire) {
		for {
			if _, ok := w.request(); !ok || !w.say(sseChunked+chunk(body)+chunk("")) {
				return
			}
		}
	}, func(b *hostileBubble) {
		var readers sync.WaitGroup
		for range slow {
			read, leave := b.slowClient("slow")
			readers.Go(func() {
				defer leave()
				a, err := read()
				if err != nil {
					t.Error(err)
					return
				}
				if text, err := slowly(a, 1000); text != body || err != nil {
					t.Errorf("a slow one got %d bytes of %d, %v", len(text), len(body), err)
				}
			})
		}
		synctest.Wait() // each has its slot
		for range 30 {
			time.Sleep(time.Second)
			a := b.ask("POST", "/v1/messages", streamHello, "X-Paceline-User", "quick")
			if waited := a.header.Get("X-Paceline-Waited-Ms"); a.body != body || waited != "0" {
				t.Errorf("another got %d bytes after %s ms, %v", len(a.body), waited, a.err)
			}
		}
		if message := b.queue.Report().Health.Message; message != "Slow readers: 16 answers of slow" {
			t.Errorf("the verdict says %q", message)
		}
		readers.Wait()
		time.Sleep(15 * time.Second)
		if message := b.queue.Report().Health.Message; strings.Contains(message, "low") {
			t.Errorf("when all have read: the verdict says %q", message)
		}
		if got := b.counts(); got != (counts{successful: slow + 30}) {
			t.Errorf("counted %+v", got)
		}
	})
}
