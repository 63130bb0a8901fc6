package main

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// Where a scenario runs, with names of its own.
type site struct {
	nameServer primitive.NamesrvAddr
	// Of a second broker that does otherwise; the same as the other where nobody asks.
	strict   primitive.NamesrvAddr
	isApache bool
	topic    string
	group    string
}

// The same with other names.
func (s site) as(topic, group string) site {
	s.topic, s.group = topic, group
	return s
}

func (s site) asProducer(instance string, more ...producer.Option) []producer.Option {
	return append([]producer.Option{
		producer.WithNsResolver(primitive.NewPassthroughResolver(s.nameServer)),
		producer.WithGroupName(s.group + "_producer"),
		producer.WithInstanceName(s.group + instance),
		producer.WithSendMsgTimeout(10 * time.Second),
		producer.WithRetry(2),
	}, more...)
}

func (s site) producer(more ...producer.Option) (rocketmq.Producer, error) {
	made, err := rocketmq.NewProducer(s.asProducer("_producer", more...)...)
	if err != nil {
		return nil, err
	}
	return made, made.Start()
}

// Has a producer for a while.
func (s site) withProducer(run func(rocketmq.Producer) error, more ...producer.Option) error {
	made, err := s.producer(more...)
	if err != nil {
		return err
	}
	defer made.Shutdown()
	return run(made)
}

func (s site) message(tag, body string) *primitive.Message {
	return primitive.NewMessage(s.topic, []byte(body)).WithTag(tag).WithKeys([]string{body})
}

// Sends one message, which must be stored.
func store(made rocketmq.Producer, message *primitive.Message) (*primitive.SendResult, error) {
	result, err := made.SendSync(context.Background(), message)
	if err != nil {
		return nil, err
	}
	if result.Status != primitive.SendOK || result.MsgID == "" || result.OffsetMsgID == "" {
		return nil, fmt.Errorf("not stored: %s", result)
	}
	return result, nil
}

// Sends so many, one by one; gives their bodies.
func (s site) send(made rocketmq.Producer, prefix string, count int) ([]string, error) {
	var bodies []string
	for i := 0; i < count; i++ {
		body := fmt.Sprintf("%s%d", prefix, i)
		if _, err := store(made, s.message("TagA", body)); err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

func (s site) asReader(instance string, more ...consumer.Option) []consumer.Option {
	return append([]consumer.Option{
		consumer.WithNsResolver(primitive.NewPassthroughResolver(s.nameServer)),
		consumer.WithGroupName(s.group),
		consumer.WithInstance(s.group + instance),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset),
	}, more...)
}

// A consumer of this group, with options of its own and its topics to come.
func (s site) reader(instance string, more ...consumer.Option) (rocketmq.PushConsumer, error) {
	return rocketmq.NewPushConsumer(s.asReader(instance, more...)...)
}

// What a consumer does with messages.
type listener func(context.Context, ...*primitive.MessageExt) (consumer.ConsumeResult, error)

func byTags(expression string) consumer.MessageSelector {
	return consumer.MessageSelector{Type: consumer.TAG, Expression: expression}
}

// A consumer of all messages of its topic that runs.
func (s site) listen(hears listener, instance string, more ...consumer.Option) (rocketmq.PushConsumer, error) {
	return s.listenTo(byTags("*"), hears, instance, more...)
}

// The same of some messages.
func (s site) listenTo(which consumer.MessageSelector, hears listener, instance string, more ...consumer.Option) (rocketmq.PushConsumer, error) {
	made, err := s.reader(instance, more...)
	if err != nil {
		return nil, err
	}
	if err = made.Subscribe(s.topic, which, hears); err != nil {
		return nil, err
	}
	return made, made.Start()
}

// What a consumer got.
type gathered struct {
	lock     sync.Mutex
	messages []*primitive.MessageExt
}

func (g *gathered) add(messages []*primitive.MessageExt) {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.messages = append(g.messages, messages...)
}

// Takes everything.
func (g *gathered) hear(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
	g.add(messages)
	return consumer.ConsumeSuccess, nil
}

// Takes everything, and will have it once more.
func (g *gathered) hearAgain(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
	g.add(messages)
	return consumer.ConsumeRetryLater, nil
}

func (g *gathered) all() []*primitive.MessageExt {
	g.lock.Lock()
	defer g.lock.Unlock()
	return append([]*primitive.MessageExt{}, g.messages...)
}

// What was in them, sorted.
func (g *gathered) bodies() []string {
	var bodies []string
	for _, one := range g.all() {
		bodies = append(bodies, string(one.Body))
	}
	sort.Strings(bodies)
	return bodies
}

// Waits for exactly these, each once.
func (g *gathered) expect(expected []string) error {
	wanted := append([]string{}, expected...)
	sort.Strings(wanted)
	err := until(20*time.Second, func() bool { return len(g.bodies()) >= len(wanted) })
	found := g.bodies()
	if err != nil || strings.Join(found, "\n") != strings.Join(wanted, "\n") {
		return fmt.Errorf("expected %d messages, found %d, other ones or more", len(wanted), len(found))
	}
	return nil
}

func (s site) gather(which consumer.MessageSelector, instance string) (*gathered, rocketmq.PushConsumer, error) {
	into := &gathered{}
	made, err := s.listenTo(which, into.hear, instance)
	return into, made, err
}

// A consumer of the messages with these tags that gathers them.
func (s site) consume(tags, instance string) (*gathered, rocketmq.PushConsumer, error) {
	return s.gather(byTags(tags), instance)
}

// Has a consumer that got exactly these, from the first one on, for a while.
func (s site) withAll(which consumer.MessageSelector, bodies []string, run func(*gathered) error) error {
	into, reader, err := s.gather(which, "")
	if err != nil {
		return err
	}
	defer reader.Shutdown()
	if err = into.expect(bodies); err != nil {
		return err
	}
	return run(into)
}

// Consumes exactly these, from the first one on.
func (s site) expect(which consumer.MessageSelector, bodies []string) (*gathered, error) {
	var all *gathered
	err := s.withAll(which, bodies, func(into *gathered) error {
		all = into
		return nil
	})
	return all, err
}

// Sends with `send`, then consumes all of it.
func (s site) sendAndConsume(send func(rocketmq.Producer) ([]string, error)) (*gathered, error) {
	var into *gathered
	err := s.withProducer(func(made rocketmq.Producer) error {
		bodies, err := send(made)
		if err == nil {
			into, err = s.expect(byTags("*"), bodies)
		}
		return err
	})
	return into, err
}

func until(limit time.Duration, holds func() bool) error {
	for end := time.Now().Add(limit); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("not within %v", limit)
		}
	}
	return nil
}
