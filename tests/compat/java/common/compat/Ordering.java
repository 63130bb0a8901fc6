package compat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Messages in their order. */
final class Ordering {
  private Ordering() {}

  static void register(Map<String, Suite.Scenario> scenarios) {
    scenarios.put("ordered", Ordering::perKey);
    scenarios.put("ordered-join-leave", Ordering::joinLeave);
    scenarios.put("ordered-global", Ordering::global);
    scenarios.put("ordered-suspend", Ordering::suspend);
    scenarios.put("ordered-dead-letter", Ordering::deadLetter);
    scenarios.put("order-configuration", Ordering::configuration);
  }

  private static MessageListenerOrderly into(Sequences sequences, String consumer, long workMs) {
    return (messages, context) -> {
      sequences.begin(consumer, messages);
      try {
        Thread.sleep(workMs);
      } catch (InterruptedException ended) {
        Thread.currentThread().interrupt();
      }
      sequences.end(messages);
      return ConsumeOrderlyStatus.SUCCESS;
    };
  }

  private static DefaultMQPushConsumer orderly(Site site, MessageListenerOrderly listener)
      throws Exception {
    DefaultMQPushConsumer consumer = site.consumer();
    consumer.subscribe(site.topic, "*");
    consumer.registerMessageListener(listener);
    return consumer;
  }

  private static void perKey(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 4);
    Sequences sequences = new Sequences();
    for (int i = 0; i < 400; i++) sequences.send(site, producer, "key" + i % 20);
    DefaultMQPushConsumer consumer = orderly(site, into(sequences, "one", 0));
    consumer.setConsumeMessageBatchMaxSize(5);
    consumer.start();
    for (int i = 0; i < 200; i++) sequences.send(site, producer, "key" + i % 20);
    sequences.expect(30_000);
    Check.same("messages that came again", 0, sequences.again());
  }

  /** The producer does not stop while consumers come and go. */
  private static void joinLeave(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 4);
    Sequences sequences = new Sequences();
    AtomicBoolean goesOn = new AtomicBoolean(true);
    AtomicInteger ofSecond = new AtomicInteger();
    List<Throwable> failures = new ArrayList<>();
    Thread sender = new Thread(() -> {
      for (int i = 0; goesOn.get(); i++) {
        try {
          sequences.send(site, producer, "key" + i % 12);
          Thread.sleep(5);
        } catch (Throwable failed) {
          failures.add(failed);
          return;
        }
      }
    });
    MessageListenerOrderly second = into(sequences, "second", 1);
    try {
      sender.start();
      orderly(site, into(sequences, "first", 1)).start();
      Check.until(30_000, () -> "the first got nothing", () -> sequences.seenCount() > 50);
      DefaultMQPushConsumer joined = orderly(site, (messages, context) -> {
        ofSecond.addAndGet(messages.size());
        return second.consumeMessage(messages, context);
      });
      joined.start();
      Check.until(70_000, () -> "the second got " + ofSecond, () -> ofSecond.get() > 100);
      joined.shutdown();
      Thread.sleep(2000);
    } finally {
      goesOn.set(false);
      sender.join();
    }
    Check.same("failed sends", List.of(), failures);
    sequences.expect(70_000);
  }

  private static void global(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 1);
    Sequences sequences = new Sequences();
    for (String name : List.of("one", "two", "three")) {
      orderly(site, into(sequences, name, 0)).start();
    }
    for (int i = 0; i < 200; i++) sequences.send(site, producer, "all");
    sequences.expect(60_000);
  }

  /** What fails comes again, before all that is behind it; other queues go on. */
  private static void suspend(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    List<MessageQueue> queues = site.create(producer, 2);
    Check.same("queues", 2, queues.size());
    Sequences sequences = new Sequences();
    for (int i = 0; i < 40; i++) sequences.send(site, producer, i % 2 == 0 ? "A" : "B");
    AtomicInteger tries = new AtomicInteger();
    List<Long> times = new ArrayList<>();
    List<Integer> counts = new ArrayList<>();
    orderly(site, (messages, context) -> {
      sequences.begin("one", messages);
      if (Collector.text(messages.get(0)).equals("A:7")) {
        times.add(System.nanoTime() / 1_000_000);
        counts.add(messages.get(0).getReconsumeTimes());
        if (tries.incrementAndGet() <= 3) {
          sequences.failed(messages);
          context.setSuspendCurrentQueueTimeMillis(600);
          return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
        }
      }
      sequences.end(messages);
      return ConsumeOrderlyStatus.SUCCESS;
    }).start();
    sequences.expect(30_000);
    Check.same("tries", 4, times.size());
    Check.same("times before", List.of(0, 1, 2, 3), counts);
    for (int i = 1; i < 4; i++) {
      long pauseMs = times.get(i) - times.get(i - 1);
      Check.that(pauseMs >= 590, "suspended for " + pauseMs + " ms only");
    }
  }

  /** What fails too often goes to the dead letters at once, and its queue goes on. */
  private static void deadLetter(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 1);
    Sequences sequences = new Sequences();
    for (int i = 0; i < 12; i++) sequences.send(site, producer, "A");
    AtomicInteger tries = new AtomicInteger();
    DefaultMQPushConsumer consumer = orderly(site, (messages, context) -> {
      boolean fails = Collector.text(messages.get(0)).equals("A:5");
      sequences.begin("one", messages);
      sequences.end(messages);
      if (!fails) return ConsumeOrderlyStatus.SUCCESS;
      tries.incrementAndGet();
      context.setSuspendCurrentQueueTimeMillis(100);
      return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
    });
    consumer.setMaxReconsumeTimes(2);
    consumer.start();
    sequences.expect(30_000);
    Check.same("tries", 3, tries.get());
    DefaultMQPushConsumer dead = site.consumer();
    dead.setConsumerGroup(site.group + "_dead");
    dead.setPollNameServerInterval(1000);
    dead.subscribe("%DLQ%" + site.group, "*");
    Collector collector = new Collector();
    dead.registerMessageListener((MessageListenerConcurrently) collector);
    dead.start();
    collector.expect(new TreeSet<>(Set.of("A:5")), 60_000);
    MessageExt letter = collector.all().get(0);
    Check.same("its topic", site.topic, letter.getProperty("RETRY_TOPIC"));
  }

  /** A topic's queues as the name server's order configuration has them. */
  private static void configuration(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    Check.same("queues", 8, site.create(producer, 8).size());
    Tools tools = new Tools(producer);
    tools.setNameServer("orderMessageEnable", "true");
    tools.putOrder(site.topic, "broker-a:3");
    Check.same("entry", "broker-a:3", tools.order(site.topic));
    Check.same("ordered queues", 3, producer.fetchPublishMessageQueues(site.topic).size());
    tools.deleteOrder(site.topic);
    Check.same("queues after", 8, producer.fetchPublishMessageQueues(site.topic).size());
  }
}
