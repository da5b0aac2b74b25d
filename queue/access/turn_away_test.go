package access_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"paceline/queue/access"
)

// listenPlain returns a listener that lets one connection in, which has come, and how to come
// with another one.
func listenPlain(t *testing.T) (ln net.Listener, dial func() *net.TCPConn) {
	t.Helper()
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln = access.LimitListener(inner, access.Limits{All: 1, Address: 1, Loopback: 1, Plain: true}, nil)
	dial = func() *net.TCPConn {
		t.Helper()
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return conn.(*net.TCPConn)
	}
	first := dial()
	served, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		for {
			if _, err := ln.Accept(); err != nil {
				return
			}
			t.Error("one too many was let in")
		}
	}()
	t.Cleanup(func() {
		_ = ln.Close()
		<-accepting
		_ = served.Close()
		_ = first.Close()
	})
	return ln, dial
}

// A client whose connection is one too many gets an answer that it understands, however much
// it has to send.
func TestOneTooManyIsToldSo(t *testing.T) {
	_, dial := listenPlain(t)
	for name, body := range map[string]string{"nothing": "", "a message": "{}", "a large one": strings.Repeat("x", 2<<20)} {
		conn := dial()
		go func() {
			_, _ = io.WriteString(conn, "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
		}()
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got struct {
			Type  string
			Error struct{ Type, Message string }
			ID    string `json:"request_id"`
		}
		err = json.NewDecoder(answer.Body).Decode(&got)
		_ = answer.Body.Close()
		if h := answer.Header; err != nil || answer.StatusCode != 503 || !answer.Close || got.Type != "error" || got.Error.Type != "overloaded_error" ||
			got.Error.Message == "" || got.ID == "" || h.Get("Request-Id") != got.ID || h.Get("Retry-After") != "5" || h.Get("X-Paceline-Refused") != "connections" {
			t.Errorf("%s: got %d %v %+v, %v", name, answer.StatusCode, h, got, err)
		}
		_ = conn.Close()
	}
}

// Those who are told so are few, and hold up nothing that ends.
func TestFewAreToldThatTheyAreTooMany(t *testing.T) {
	ln, dial := listenPlain(t)
	var all []*net.TCPConn
	ends := make(chan struct{}, 100)
	for range 60 {
		conn := dial() // and asks nothing
		all = append(all, conn)
		go func() {
			_, _ = conn.Read(make([]byte, 1))
			ends <- struct{}{}
		}()
	}
	for range 60 - 32 {
		<-ends // at once
	}
	if err := ln.Close(); err != nil { // which ends the others
		t.Error(err)
	}
	for range 32 {
		<-ends
	}
	for _, conn := range all {
		_ = conn.Close()
	}
}
