package main

import (
	"context"
	"fmt"
	"sync"
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

func (s site) push(group string, times int32) (rocketmq.PushConsumer, error) {
	return rocketmq.NewPushConsumer(
		consumer.WithNsResolver(primitive.NewPassthroughResolver(s.nameServer)),
		consumer.WithGroupName(group),
		consumer.WithInstance(group),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset),
		consumer.WithMaxReconsumeTimes(times),
	)
}

func retryThenDead(s site) error {
	made, err := s.producer()
	if err != nil {
		return err
	}
	defer made.Shutdown()
	body := fmt.Sprintf("poison %d", time.Now().UnixNano())
	if _, err = made.SendSync(context.Background(), s.message("TagA", body)); err != nil {
		return err
	}
	reader, err := s.push(s.group, 2)
	if err != nil {
		return err
	}
	var lock sync.Mutex
	var tries []int32
	err = reader.Subscribe(s.topic, everything(), func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		lock.Lock()
		defer lock.Unlock()
		for _, one := range messages {
			tries = append(tries, one.ReconsumeTimes)
		}
		return consumer.ConsumeRetryLater, nil
	})
	if err != nil {
		return err
	}
	if err = reader.Start(); err != nil {
		return err
	}
	defer reader.Shutdown()
	tried := func() []int32 {
		lock.Lock()
		defer lock.Unlock()
		return append([]int32{}, tries...)
	}
	if err = until(90*time.Second, func() bool { return len(tried()) >= 3 }); err != nil {
		return fmt.Errorf("tries %v: %w", tried(), err)
	}
	if found := fmt.Sprint(tried()); found != "[0 1 2]" {
		return fmt.Errorf("tries %s", found)
	}
	dead := site{s.nameServer, "%DLQ%" + s.group, s.group + "_dead_reader"}
	time.Sleep(2 * time.Second)
	into, deadReader, err := dead.consume("*", "")
	if err != nil {
		return err
	}
	defer deadReader.Shutdown()
	return into.expect([]string{body})
}

func requestReply(s site) error {
	made, err := s.producer()
	if err != nil {
		return err
	}
	defer made.Shutdown()
	replier := site{s.nameServer, s.topic, s.group + "_replier"}
	answers, err := replier.producer()
	if err != nil {
		return err
	}
	defer answers.Shutdown()
	if _, err = made.SendSync(context.Background(), s.message("TagA", "first")); err != nil {
		return err
	}
	reader, err := s.push(s.group, 2)
	if err != nil {
		return err
	}
	failures := make(chan error, 100)
	err = reader.Subscribe(s.topic, everything(), func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
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
	})
	if err != nil {
		return err
	}
	if err = reader.Start(); err != nil {
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
}
