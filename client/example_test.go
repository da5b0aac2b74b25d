package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"paceline/client"
)

func Example() {
	server := httptest.NewServer(http.FileServer(http.Dir("testdata/wire")))
	defer server.Close()

	source, err := client.NewHTTP(server.URL+"/long-wait.json", client.HTTPOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = source.Close() }()

	history := client.NewHistory(time.Second)
	sample, err := source.Poll(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	history.Add(sample)
	verdict := client.Judge(sample, history.Derived())
	fmt.Printf("%v: %s\n%s\n", verdict.Level, verdict.Message, verdict.Recommendation)
	// Output:
	// critical: Very long wait times (25 waiting, average 45 s)
	// Upgrade API tier, prioritize requests, or add response caching
}

func ExampleRecording() {
	lines := strings.NewReader(`
{"status":"healthy","timestamp":"2026-11-23T14:00:00.000Z","metrics":{"totalRequests":40,"successful":38,"failed":1,"currentQueueLength":1}}
{"status":"warning","timestamp":"2026-11-23T14:00:05.000Z","metrics":{"totalRequests":47,"successful":38,"failed":1,"currentQueueLength":8}}
no answer
`)
	recording := client.NewRecording(lines)
	for {
		entry, err := recording.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %s: %d waiting\n", entry.At.Format(time.TimeOnly), entry.Sample.Status.Value, entry.Sample.Waiting.Value)
	}
	fmt.Println(recording.Skipped(), "line passed over")
	// Output:
	// 14:00:00 healthy: 1 waiting
	// 14:00:05 warning: 8 waiting
	// 1 line passed over
}
