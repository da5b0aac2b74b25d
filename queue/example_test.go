package queue_test

import (
	"context"
	"errors"
	"fmt"

	"paceline/queue"
)

func ExampleDo() {
	q, err := queue.New(queue.DefaultSettings())
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := queue.Do(context.Background(), q, queue.Request{User: "user_123"}, func(context.Context) (string, error) {
		return "hello", nil // the call of the API
	})
	fmt.Println(answer, err)

	_, err = queue.Do(context.Background(), q, queue.Request{User: "user_123"}, func(context.Context) (string, error) {
		return "", &queue.Error{Class: queue.ClientError, Err: errors.New("400: max_tokens is required")}
	})
	fmt.Println(err)

	fmt.Println(q.Report().Metrics.SuccessRate)
	fmt.Println(q.Shutdown(context.Background()))
	// Output:
	// hello <nil>
	// 400: max_tokens is required
	// 50.0%
	// <nil>
}
