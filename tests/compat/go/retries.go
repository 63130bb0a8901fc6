package main

import (
	"context"
	"fmt"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

// On a broker whose delay levels are a second each.
var retryScenarios = []scenario{
	{"retry-then-dead", retryThenDead},
	{"request-reply", requestReply},
}

// Consumers that look at a group's dead letters find them all.
func (s site) areDead(bodies []string) error {
	dead := s.as("%DLQ%"+s.group, s.group+"_dead_reader")
	time.Sleep(2 * time.Second)
	_, err := dead.expect(byTags("*"), bodies)
	return err
}

func retryThenDead(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		body := fmt.Sprintf("poison %d", time.Now().UnixNano())
		if _, err := store(made, s.message("TagA", body)); err != nil {
			return err
		}
		tries := &gathered{}
		reader, err := s.listen(tries.hearAgain, "", consumer.WithMaxReconsumeTimes(2))
		if err != nil {
			return err
		}
		defer reader.Shutdown()
		err = until(90*time.Second, func() bool { return len(tries.all()) >= 3 })
		var counts []int32
		for _, one := range tries.all() {
			counts = append(counts, one.ReconsumeTimes)
		}
		if err != nil || fmt.Sprint(counts) != "[0 1 2]" {
			return fmt.Errorf("tries %v, %v", counts, err)
		}
		return s.areDead([]string{body})
	})
}

// A consumer that answers each request but the first message.
func (s site) answering(answers rocketmq.Producer, failures chan error) (rocketmq.PushConsumer, error) {
	hear := func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		for _, one := range messages {
			if string(one.Body) == "first" {
				continue
			}
			reply, err := consumer.CreateReplyMessage(one, nil)
			if err == nil {
				// That function forgets the body.
				reply.Body = append([]byte("re: "), one.Body...)
				_, err = answers.SendSync(context.Background(), reply)
			}
			if err != nil {
				failures <- err
			}
		}
		return consumer.ConsumeSuccess, nil
	}
	return s.listen(hear, "", consumer.WithMaxReconsumeTimes(2))
}

func requestReply(s site) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		replier := s.as(s.topic, s.group+"_replier")
		answers, err := replier.producer()
		if err != nil {
			return err
		}
		defer answers.Shutdown()
		if _, err = store(made, s.message("TagA", "first")); err != nil {
			return err
		}
		failures := make(chan error, 100)
		reader, err := s.answering(answers, failures)
		if err != nil {
			return err
		}
		defer reader.Shutdown()
		// This client tells brokers that it is there a second after its start, then every thirty.
		time.Sleep(2 * time.Second)
		for i := 0; i < 3; i++ {
			body := fmt.Sprintf("question %d", i)
			reply, err := made.Request(context.Background(), 30*time.Second, s.message("TagA", body))
			if err != nil {
				select {
				case failure := <-failures:
					return fmt.Errorf("%w; the replier: %v", err, failure)
				default:
					return err
				}
			}
			if string(reply.Body) != "re: "+body {
				return fmt.Errorf("the reply is %s", reply.Body)
			}
		}
		return nil
	})
}
