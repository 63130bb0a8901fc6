package compat;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.store.ReadOffsetType;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.common.RemotingHelper;

/** Push consumers, alone and in groups. */
final class Consuming {
  private Consuming() {}

  static void register(Map<String, Suite.Scenario> scenarios) {
    scenarios.put("quickstart", Consuming::quickstart);
    scenarios.put("rebalance", Consuming::rebalance);
    scenarios.put("restart", Consuming::restart);
    scenarios.put("sixteen-queues", Consuming::sixteenQueues);
    scenarios.put("tags", Consuming::tags);
    scenarios.put("broadcast", Consuming::broadcast);
    scenarios.put("at-once", Consuming::atOnce);
    scenarios.put("heartbeat-v2", Consuming::heartbeatV2);
  }

  /** RocketMQ's own quick start: names, bodies and settings are those of its documentation. */
  private static void quickstart(Site site) throws Exception {
    DefaultMQProducer producer = new DefaultMQProducer("please_rename_unique_group_name");
    producer.setNamesrvAddr(site.nameServer);
    site.start(producer);
    Set<String> bodies = new TreeSet<>();
    long[] nextOffset = new long[64];
    for (int i = 0; i < 1000; i++) {
      byte[] body = ("Hello RocketMQ " + i).getBytes(RemotingHelper.DEFAULT_CHARSET);
      SendResult result = producer.send(new Message("TopicTest", "TagA", body));
      Check.same("status", SendStatus.SEND_OK, result.getSendStatus());
      int queue = result.getMessageQueue().getQueueId();
      Check.same("offset in queue " + queue, nextOffset[queue]++, result.getQueueOffset());
      Check.same("length of the id", 32, result.getMsgId().length());
      Check.same("length of the offset id", 32, result.getOffsetMsgId().length());
      Check.same("region", "DefaultRegion", result.getRegionId());
      bodies.add("Hello RocketMQ " + i);
    }
    Collector collector = new Collector();
    DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("please_rename_unique_group_name");
    consumer.setNamesrvAddr(site.nameServer);
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
    consumer.subscribe("TopicTest", "*");
    consumer.registerMessageListener((MessageListenerConcurrently) collector);
    consumer.start();
    try {
      collector.expect(bodies, 45_000);
    } finally {
      consumer.shutdown();
    }
    for (MessageExt one : collector.all()) Check.same("tag", "TagA", one.getTags());
  }

  private static Set<Integer> owned(DefaultMQPushConsumer consumer, String topic) {
    Set<Integer> queues = new TreeSet<>();
    Set<MessageQueue> table = new HashSet<>(
        consumer.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet());
    for (MessageQueue one : table) {
      if (one.getTopic().equals(topic)) queues.add(one.getQueueId());
    }
    return queues;
  }

  private static void awaitOwned(Site site, DefaultMQPushConsumer consumer, int queues)
      throws InterruptedException {
    Check.until(
        15_000,
        () -> "queues " + owned(consumer, site.topic) + ", expected " + queues,
        () -> owned(consumer, site.topic).size() == queues);
  }

  private static void rebalance(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    List<MessageQueue> queues = site.create(producer, 8);
    Collector firstGets = new Collector();
    DefaultMQPushConsumer first = site.push("*", firstGets);
    first.start();
    awaitOwned(site, first, 8);

    Collector secondGets = new Collector();
    DefaultMQPushConsumer second = site.push("*", secondGets);
    second.start();
    awaitOwned(site, second, 4);
    awaitOwned(site, first, 4);
    Set<Integer> both = owned(first, site.topic);
    both.addAll(owned(second, site.topic));
    Check.same("queues of both", 8, both.size());

    Set<String> shared = site.send(producer, "shared ", 80);
    Check.until(
        15_000,
        () -> firstGets.count() + " + " + secondGets.count() + " of 80",
        () -> firstGets.count() + secondGets.count() >= 80);
    Set<String> seen = firstGets.bodies();
    seen.addAll(secondGets.bodies());
    Check.same("what both got", shared, seen);
    Check.same("of the first", 40, firstGets.count());
    Check.same("of the second", 40, secondGets.count());

    // It hears of a message before it notes its progress, which it tells at its end.
    Check.until(10_000, () -> "second notes " + progress(second, queues),
        () -> progress(second, queues) == 40);
    second.shutdown();
    awaitOwned(site, first, 8);
    Set<String> expected = new TreeSet<>(firstGets.bodies());
    expected.addAll(site.send(producer, "alone ", 80));
    firstGets.expect(expected, 15_000);
    Check.same("of the second in the end", 40, secondGets.count());
  }

  /** What the consumer would commit now, added up. */
  private static long progress(DefaultMQPushConsumer consumer, List<MessageQueue> queues) {
    long sum = 0;
    for (MessageQueue one : queues) {
      sum += Math.max(0, consumer.getDefaultMQPushConsumerImpl().getOffsetStore()
          .readOffset(one, ReadOffsetType.READ_FROM_MEMORY));
    }
    return sum;
  }

  /** It may run again on the same store, months later: the group goes on where it was. */
  private static void restart(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    List<MessageQueue> queues = site.create(producer, 4);
    long before = 0;
    for (MessageQueue one : queues) before += producer.maxOffset(one);
    for (int round = 0; round < 3; round++) {
      String prefix = "from " + before + ", round " + round + ": ";
      Set<String> bodies = site.send(producer, prefix, 60);
      Collector collector = new Collector();
      DefaultMQPushConsumer consumer = site.push("*", collector);
      consumer.start();
      collector.expect(bodies, 40_000);
      long wanted = before + 60L * (round + 1);
      Check.until(
          5_000,
          () -> "progress " + progress(consumer, queues) + " of " + wanted,
          () -> progress(consumer, queues) == wanted);
      consumer.shutdown();
    }
  }

  private static void sixteenQueues(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 16);
    Collector collector = new Collector();
    DefaultMQPushConsumer consumer = site.push("*", collector);
    consumer.setConsumeThreadMin(16);
    consumer.setConsumeThreadMax(16);
    consumer.setConsumeMessageBatchMaxSize(8);
    consumer.setPullBatchSize(16);
    consumer.start();
    awaitOwned(site, consumer, 16);
    Set<String> bodies = site.send(producer, "sixteen ", 1600);
    collector.expect(bodies, 20_000);
    Map<Integer, Set<Long>> offsets = new java.util.TreeMap<>();
    for (MessageExt one : collector.all()) {
      offsets.computeIfAbsent(one.getQueueId(), id -> new TreeSet<>()).add(one.getQueueOffset());
    }
    Check.same("queues", 16, offsets.size());
    for (Map.Entry<Integer, Set<Long>> one : offsets.entrySet()) {
      Check.same("offsets of queue " + one.getKey(), 100, one.getValue().size());
    }
    Check.that(collector.threads.size() > 1, "one thread only: " + collector.threads);
  }

  /** "Aa" and "BB" have one hash in Java: the client drops what the broker cannot tell apart. */
  private static void tags(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    Set<String> expected = new TreeSet<>();
    List<String> tags = List.of("TagA", "TagB", "TagC", "TagD", "Aa", "BB");
    for (int i = 0; i < 120; i++) {
      String tag = tags.get(i % tags.size());
      Site.stored(producer.send(site.message(tag, tag + " " + i)));
      if (Set.of("TagA", "TagC", "Aa").contains(tag)) expected.add(tag + " " + i);
    }
    Collector collector = site.collect("TagA || TagC || Aa");
    collector.expect(expected, 15_000);
    Site.stored(producer.send(site.message("TagB", "TagB, later")));
    Site.stored(producer.send(site.message("TagC", "TagC, later")));
    expected.add("TagC, later");
    collector.expect(expected, 15_000);
  }

  private static void broadcast(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 4);
    Collector[] collectors = {new Collector(), new Collector()};
    for (int i = 0; i < 2; i++) {
      DefaultMQPushConsumer consumer = site.push("*", collectors[i]);
      consumer.setMessageModel(Version.BROADCASTING);
      consumer.setInstanceName("broadcast-" + i);
      consumer.start();
    }
    Set<String> bodies = site.send(producer, "broadcast ", 40);
    for (Collector one : collectors) one.expect(bodies, 15_000);
  }

  /** A waiting consumer is told at once, not at the end of its poll. */
  private static void atOnce(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 1);
    Collector collector = new Collector();
    DefaultMQPushConsumer consumer = site.push("*", collector);
    consumer.start();
    awaitOwned(site, consumer, 1);
    Set<String> bodies = site.send(producer, "first ", 1);
    collector.expect(bodies, 15_000);
    for (int i = 0; i < 5; i++) {
      Thread.sleep(300);
      bodies.addAll(site.send(producer, "at once, " + i + ": ", 1));
      collector.expect(bodies, 1_000);
    }
  }

  /** Short heartbeats, which name no subscriptions, keep the consumer in its group. */
  private static void heartbeatV2(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 4);
    AtomicInteger count = new AtomicInteger();
    DefaultMQPushConsumer consumer = site.push("TagA", (messages, context) -> {
      count.addAndGet(messages.size());
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    if (!Version.heartbeatV2(consumer)) {
      throw new Check.Skipped("this client has no such heartbeat");
    }
    consumer.start();
    awaitOwned(site, consumer, 4);
    Version.wholeHeartbeat(consumer);
    for (int i = 1; i <= 4; i++) {
      Thread.sleep(1100);
      site.send(producer, "beat ", 10);
      int wanted = 10 * i;
      Check.until(5_000, () -> count + " of " + wanted, () -> count.get() >= wanted);
    }
    awaitOwned(site, consumer, 4);
    Check.same("deliveries", 40, count.get());
  }
}
