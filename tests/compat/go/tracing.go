package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

var traceScenarios = []scenario{
	{"trace-to-system-topic", traceToSystemTopic},
	{"trace-to-custom-topic", traceToCustomTopic},
}

func traceToSystemTopic(s site) error {
	return s.traced("")
}

func traceToCustomTopic(s site) error {
	topic := s.topic + "_trace"
	if err := s.as(topic, s.group).createTopic(false); err != nil {
		return err
	}
	return s.traced(topic)
}

func (s site) traceConfig(topic string) *primitive.TraceConfig {
	return &primitive.TraceConfig{
		TraceTopic: topic,
		GroupName:  s.group,
		Access:     primitive.Local,
		Resolver:   primitive.NewPassthroughResolver(s.nameServer),
	}
}

// Every step of a message is found in the trace topic, by who reads it.
func (s site) traced(topic string) error {
	return s.withProducer(func(made rocketmq.Producer) error {
		sent, err := store(made, s.message("TagA", "traced"))
		if err != nil {
			return err
		}
		into := &gathered{}
		reader, err := s.listen(into.hear, "", consumer.WithTrace(s.traceConfig(topic)))
		if err != nil {
			return err
		}
		defer reader.Shutdown()
		if err = into.expect([]string{"traced"}); err != nil {
			return err
		}
		where := s.as(topic, s.group+"_trace_reader")
		if topic == "" {
			where.topic = "RMQ_SYS_TRACE_TOPIC"
		}
		steps, traceReader, err := where.consume("*", "")
		if err != nil {
			return err
		}
		defer traceReader.Shutdown()
		found := map[string]bool{}
		err = until(40*time.Second, func() bool {
			for _, body := range steps.bodies() {
				for _, step := range strings.Split(body, "\x02") {
					if strings.Contains(step, sent.MsgID) {
						found[strings.Split(step, "\x01")[0]] = true
					}
				}
			}
			return found["Pub"] && found["SubBefore"] && found["SubAfter"]
		})
		if err != nil {
			return fmt.Errorf("steps %v: %w", found, err)
		}
		return nil
	}, producer.WithTrace(s.traceConfig(topic)))
}
