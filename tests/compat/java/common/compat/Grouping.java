package compat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.UtilAll;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;

/** What a group consumes, from where on, and whether it may. */
final class Grouping {
  private Grouping() {}

  static void register(Map<String, Suite.Scenario> scenarios) {
    scenarios.put("several-topics", Grouping::severalTopics);
    scenarios.put("unsubscribe", Grouping::unsubscribe);
    scenarios.put("young-queue", Grouping::youngQueue);
    scenarios.put("from-first", site -> from(site, ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET));
    scenarios.put("from-last", site -> from(site, ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET));
    scenarios.put("from-time", site -> from(site, ConsumeFromWhere.CONSUME_FROM_TIMESTAMP));
    scenarios.put("from-last-meanwhile", Grouping::meanwhile);
    scenarios.put("group-disabled", site -> forbidden(site, false));
    scenarios.put("broadcast-disabled", site -> forbidden(site, true));
    scenarios.put("broadcast-again", Grouping::broadcastAgain);
    scenarios.put("group-deleted", Grouping::deleted);
    scenarios.put("group-disagrees", Grouping::disagrees);
  }

  private static Set<String> send(DefaultMQProducer producer, String topic, String tag, int count)
      throws Exception {
    Set<String> bodies = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      String body = topic + " " + tag + " " + System.nanoTime();
      Site.stored(producer.send(new Message(topic, tag, body.getBytes())));
      bodies.add(body);
    }
    return bodies;
  }

  /** Starts a consumer with what it subscribes to. */
  private static Collector start(DefaultMQPushConsumer consumer) throws Exception {
    Collector collector = new Collector();
    consumer.registerMessageListener(collector);
    consumer.start();
    return collector;
  }

  /** The same with all of its topic. */
  private static Collector startOn(Site site, DefaultMQPushConsumer consumer) throws Exception {
    consumer.subscribe(site.topic, "*");
    return start(consumer);
  }

  private static void severalTopics(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    Tools tools = new Tools(producer);
    Set<String> expected = new TreeSet<>();
    DefaultMQPushConsumer consumer = site.consumer();
    for (String tag : List.of("A", "B", "C")) {
      String topic = site.topic + tag;
      tools.createTopic(topic, 3);
      consumer.subscribe(topic, tag + " || X");
    }
    for (String tag : List.of("A", "B", "C")) {
      expected.addAll(send(producer, site.topic + tag, tag, 20));
      expected.addAll(send(producer, site.topic + tag, "X", 5));
      send(producer, site.topic + tag, "Y", 5);
    }
    start(consumer).expect(expected, 30_000);
  }

  private static void unsubscribe(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    Tools tools = new Tools(producer);
    String other = site.topic + "_other";
    tools.createTopic(site.topic, 2);
    tools.createTopic(other, 2);
    DefaultMQPushConsumer consumer = site.consumer();
    consumer.subscribe(site.topic, "*");
    consumer.subscribe(other, "*");
    Collector collector = start(consumer);
    Set<String> expected = send(producer, site.topic, "A", 10);
    expected.addAll(send(producer, other, "A", 10));
    collector.expect(expected, 30_000);
    consumer.unsubscribe(other);
    Check.until(40_000, () -> "it has queues of the other topic still", () ->
        consumer.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet()
            .stream().noneMatch(queue -> queue.getTopic().equals(other)));
    Set<String> missed = send(producer, other, "A", 10);
    expected.addAll(send(producer, site.topic, "A", 10));
    collector.expect(expected, 30_000);
    consumer.subscribe(other, "*");
    expected.addAll(missed);
    // A client commits the queues that it keeps; where it was in these is up to five seconds old.
    Check.until(60_000, () -> "it got " + collector.bodies().size() + " of " + expected.size(),
        () -> collector.bodies().equals(expected));
  }

  /** Whatever is said, a group misses nothing of a queue whose first message is in memory. */
  private static void youngQueue(Site site) throws Exception {
    DefaultMQProducer producer = site.producerTo(2);
    Set<String> bodies = send(producer, site.topic, "A", 10);
    DefaultMQPushConsumer consumer = site.consumer();
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET);
    Collector collector = startOn(site, consumer);
    collector.expect(bodies, 30_000);
  }

  /** On the broker for which no message counts as in memory. */
  private static void from(Site site, ConsumeFromWhere where) throws Exception {
    if (site.isApache && where != ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET) {
      throw new Check.Skipped("Apache's broker looks into the page cache, where all young ones are");
    }
    DefaultMQProducer producer = site.producer(site.strictNameServer);
    new Tools(producer).createTopic(site.topic, 2);
    Set<String> early = send(producer, site.topic, "early", 10);
    Thread.sleep(2100);
    String between = UtilAll.timeMillisToHumanString3(System.currentTimeMillis());
    Thread.sleep(1100);
    Set<String> late = send(producer, site.topic, "late", 10);
    DefaultMQPushConsumer consumer = site.consumer();
    consumer.setNamesrvAddr(site.strictNameServer);
    consumer.setConsumeFromWhere(where);
    consumer.setConsumeTimestamp(between);
    Collector collector = startOn(site, consumer);
    Check.until(30_000, () -> "it has no queues", () -> pullsTwo(site, consumer));
    Set<String> expected = send(producer, site.topic, "new", 10);
    if (where != ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET) expected.addAll(late);
    if (where == ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET) expected.addAll(early);
    collector.expect(expected, 30_000);
  }

  private static boolean pullsTwo(Site site, DefaultMQPushConsumer consumer) {
    return consumer.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable()
        .keySet().stream().filter(queue -> queue.getTopic().equals(site.topic)).count() == 2;
  }

  /** Sent after the group's first heartbeat, before it knows where its queues are. */
  private static void meanwhile(Site site) throws Exception {
    if (site.isApache) throw new Check.Skipped("Apache's broker skips these");
    DefaultMQProducer producer = site.producer(site.strictNameServer);
    Tools tools = new Tools(producer);
    tools.createTopic(site.topic + "_there", 1);
    DefaultMQPushConsumer consumer = site.consumer();
    consumer.setNamesrvAddr(site.strictNameServer);
    consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET);
    consumer.setPollNameServerInterval(3000);
    consumer.subscribe(site.topic + "_there", "*");
    Collector collector = startOn(site, consumer);
    tools.createTopic(site.topic, 2);
    List<MessageQueue> queues = producer.fetchPublishMessageQueues(site.topic);
    Check.same("queues", 2, queues.size());
    Set<String> bodies = send(producer, site.topic, "A", 10);
    collector.expect(bodies, 40_000);
  }

  /** Nothing comes to a group that may not; when it may, all of it comes. */
  private static void forbidden(Site site, boolean isBroadcast) throws Exception {
    DefaultMQProducer producer = site.producerTo(2);
    Tools tools = new Tools(producer);
    tools.putGroup(site.group, isBroadcast, !isBroadcast);
    DefaultMQPushConsumer consumer = site.consumer();
    if (isBroadcast) consumer.setMessageModel(Version.BROADCASTING);
    Collector collector = startOn(site, consumer);
    Set<String> bodies = send(producer, site.topic, "A", 10);
    Thread.sleep(3000);
    Check.same("messages of a group that may not have them", 0, collector.count());
    tools.putGroup(site.group, true, true);
    collector.expect(bodies, 30_000);
  }

  /** Each keeps its own place, on its own disk, and goes on from there. */
  private static void broadcastAgain(Site site) throws Exception {
    DefaultMQProducer producer = site.producerTo(2);
    Set<String> bodies = new TreeSet<>();
    for (int round = 0; round < 2; round++) {
      bodies = send(producer, site.topic, "A", 10);
      DefaultMQPushConsumer consumer = site.consumer();
      consumer.setMessageModel(Version.BROADCASTING);
      consumer.setInstanceName("broadcast-again");
      startOn(site, consumer).expect(bodies, 30_000);
      consumer.shutdown();
    }
  }

  /** Clients of one group that want different things: named, and by a setting refused. */
  private static void disagrees(Site site) throws Exception {
    if (site.isApache) throw new Check.Skipped("Apache's broker loses messages without a word");
    DefaultMQProducer producer = site.producer(site.strictNameServer);
    Tools tools = new Tools(producer);
    tools.createTopic(site.topic, 4);
    DefaultMQPushConsumer[] consumers = new DefaultMQPushConsumer[3];
    for (int i = 0; i < 3; i++) {
      consumers[i] = site.consumer();
      consumers[i].setNamesrvAddr(site.strictNameServer);
      consumers[i].subscribe(site.topic, i == 0 ? "A" : "B");
    }
    Collector first = start(consumers[0]);
    start(consumers[1]);
    String said = tools.runtime("differentSubscriptions_" + site.group);
    Check.that(said != null && said.contains(site.topic + " A") && said.contains(site.topic + " B"),
        "the broker says " + said);
    consumers[1].shutdown();
    Check.until(10_000, () -> "still said to differ", () -> {
      try {
        return tools.runtime("differentSubscriptions_" + site.group) == null;
      } catch (Exception failed) {
        throw new IllegalStateException(failed);
      }
    });
    tools.setBroker("refuseDifferentSubscriptions", "true");
    try {
      Collector refused = start(consumers[2]);
      Thread.sleep(3000);
      Set<String> bodies = send(producer, site.topic, "A", 40);
      send(producer, site.topic, "B", 40);
      first.expect(bodies, 60_000);
      Check.same("messages of the one refused", 0, refused.count());
    } finally {
      tools.setBroker("refuseDifferentSubscriptions", "false");
    }
  }

  /** Without its progress a group begins anew; with it, it goes on. */
  private static void deleted(Site site) throws Exception {
    if (site.isApache && Version.IS_OLD) {
      throw new Check.Skipped("Apache's 5.x does not know removeOffset, as 4.9 says cleanOffset");
    }
    DefaultMQProducer producer = site.producerTo(2);
    Tools tools = new Tools(producer);
    Set<String> all = new TreeSet<>();
    for (boolean isClean : new boolean[] {false, true}) {
      Set<String> bodies = send(producer, site.topic, "A", 10);
      all.addAll(bodies);
      DefaultMQPushConsumer consumer = site.consumer();
      startOn(site, consumer).expect(bodies, 30_000);
      consumer.shutdown();
      Thread.sleep(500); // its last commit wants no answer
      tools.deleteGroup(site.group, isClean);
    }
    startOn(site, site.consumer()).expect(all, 30_000);
  }
}
