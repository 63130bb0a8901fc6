package compat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.AckResult;
import org.apache.rocketmq.client.consumer.AckStatus;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.PopResult;
import org.apache.rocketmq.client.consumer.PopStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.impl.ClientRemotingProcessor;
import org.apache.rocketmq.client.impl.mqclient.MQClientAPIExt;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.MessageConst;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.common.message.MessageQueueAssignment;
import org.apache.rocketmq.common.message.MessageRequestMode;
import org.apache.rocketmq.remoting.netty.NettyClientConfig;
import org.apache.rocketmq.remoting.protocol.header.AckMessageRequestHeader;
import org.apache.rocketmq.remoting.protocol.header.ChangeInvisibleTimeRequestHeader;
import org.apache.rocketmq.remoting.protocol.header.ExtraInfoUtil;
import org.apache.rocketmq.remoting.protocol.header.NotificationRequestHeader;
import org.apache.rocketmq.remoting.protocol.header.PopMessageRequestHeader;
import org.apache.rocketmq.remoting.protocol.heartbeat.MessageModel;

/** POP, by the client's own calls and by a push consumer in POP mode. Arguments as of Suite. */
public final class PopSuite {
  private static final long LIMIT_MS = 20_000;

  private PopSuite() {}

  public static void main(String[] arguments) throws Exception {
    Map<String, Suite.Scenario> pops = new LinkedHashMap<>();
    pops.put("pop-ack", PopSuite::ack);
    pops.put("pop-again-after-its-time", PopSuite::again);
    pops.put("pop-change-invisible-time", PopSuite::change);
    pops.put("pop-batch-ack", PopSuite::batch);
    pops.put("pop-tags", PopSuite::tags);
    pops.put("pop-sql", PopSuite::sql);
    pops.put("pop-long-poll", PopSuite::longPoll);
    pops.put("pop-notification", PopSuite::notification);
    pops.put("pop-orderly", PopSuite::orderly);
    pops.put("pop-orderly-attempt", PopSuite::attempt);
    pops.put("pop-refused", PopSuite::refused);
    pops.put("push-in-pop-mode", PopSuite::push);
    pops.put("push-in-pop-mode-retries", PopSuite::pushRetries);
    pops.put("push-share-queues", PopSuite::shared);
    pops.put("assignment", PopSuite::assignment);
    Suite.play(pops, arguments);
  }

  /** The client's calls, a topic of one queue, and where its broker is. */
  private static final class Driver {
    final Site site;
    final MQClientAPIExt api;
    final DefaultMQProducer producer;
    final String broker;
    final String brokerName;

    Driver(Site site, int queues) throws Exception {
      this.site = site;
      producer = site.producer();
      List<MessageQueue> found = site.create(producer, queues);
      brokerName = found.get(0).getBrokerName();
      Check.until(
          LIMIT_MS,
          () -> "no route to " + site.topic,
          () ->
              producer
                  .getDefaultMQProducerImpl()
                  .getMqClientFactory()
                  .updateTopicRouteInfoFromNameServer(site.topic));
      broker =
          producer
              .getDefaultMQProducerImpl()
              .getMqClientFactory()
              .findBrokerAddressInPublish(brokerName);
      ClientConfig config = new ClientConfig();
      config.setNamesrvAddr(site.nameServer);
      api =
          new MQClientAPIExt(config, new NettyClientConfig(), new ClientRemotingProcessor(null), null);
      api.start();
      site.closing(api::shutdown);
    }

    PopMessageRequestHeader header(int most, long invisibleMs, long pollMs) {
      PopMessageRequestHeader header = new PopMessageRequestHeader();
      header.setConsumerGroup(site.group);
      header.setTopic(site.topic);
      header.setQueueId(-1);
      header.setMaxMsgNums(most);
      header.setInvisibleTime(invisibleMs);
      header.setPollTime(pollMs);
      header.setBornTime(System.currentTimeMillis());
      header.setInitMode(0);
      header.setExpType("TAG");
      header.setExp("*");
      header.setOrder(false);
      header.setBrokerName(brokerName);
      return header;
    }

    PopResult pop(PopMessageRequestHeader header) throws Exception {
      return api.popMessageAsync(broker, brokerName, header, 30_000).get(40, TimeUnit.SECONDS);
    }

    List<MessageExt> pop(int most, long invisibleMs, long pollMs) throws Exception {
      return messages(pop(header(most, invisibleMs, pollMs)));
    }

    /** Pops until so many are there: one pop looks at the retry topic only now and then. */
    List<MessageExt> popAll(int count, long invisibleMs, long limitMs) throws Exception {
      List<MessageExt> all = new ArrayList<>();
      long end = System.nanoTime() + limitMs * 1_000_000;
      while (all.size() < count && System.nanoTime() < end) all.addAll(pop(32, invisibleMs, 500));
      return all;
    }

    AckResult ack(MessageExt message) throws Exception {
      String[] receipt = receipt(message);
      AckMessageRequestHeader header = new AckMessageRequestHeader();
      header.setConsumerGroup(site.group);
      header.setTopic(ExtraInfoUtil.getRealTopic(receipt, site.topic, site.group));
      header.setQueueId(ExtraInfoUtil.getQueueId(receipt));
      header.setOffset(ExtraInfoUtil.getQueueOffset(receipt));
      header.setExtraInfo(message.getProperty(MessageConst.PROPERTY_POP_CK));
      header.setBrokerName(brokerName);
      return api.ackMessageAsync(broker, header, 10_000).get(10, TimeUnit.SECONDS);
    }

    AckResult change(String receiptText, long invisibleMs) throws Exception {
      String[] receipt = ExtraInfoUtil.split(receiptText);
      ChangeInvisibleTimeRequestHeader header = new ChangeInvisibleTimeRequestHeader();
      header.setConsumerGroup(site.group);
      header.setTopic(ExtraInfoUtil.getRealTopic(receipt, site.topic, site.group));
      header.setQueueId(ExtraInfoUtil.getQueueId(receipt));
      header.setOffset(ExtraInfoUtil.getQueueOffset(receipt));
      header.setExtraInfo(receiptText);
      header.setInvisibleTime(invisibleMs);
      header.setBrokerName(brokerName);
      return api.changeInvisibleTimeAsync(broker, brokerName, header, 10_000)
          .get(10, TimeUnit.SECONDS);
    }

    boolean notified(long pollMs) throws Exception {
      NotificationRequestHeader header = new NotificationRequestHeader();
      header.setConsumerGroup(site.group);
      header.setTopic(site.topic);
      header.setQueueId(-1);
      header.setPollTime(pollMs);
      header.setBornTime(System.currentTimeMillis());
      header.setBrokerName(brokerName);
      return api.notification(broker, header, 30_000).get(30, TimeUnit.SECONDS);
    }
  }

  private static List<MessageExt> messages(PopResult result) {
    return result.getMsgFoundList() == null ? List.of() : result.getMsgFoundList();
  }

  private static String[] receipt(MessageExt message) {
    return ExtraInfoUtil.split(message.getProperty(MessageConst.PROPERTY_POP_CK));
  }

  private static Set<String> bodies(List<MessageExt> messages) {
    Set<String> bodies = new TreeSet<>();
    for (MessageExt one : messages) bodies.add(Collector.text(one));
    return bodies;
  }

  private static void accepted(AckResult result) {
    Check.same("status", AckStatus.OK, result.getStatus());
  }

  private static void ack(Site site) throws Exception {
    Driver driver = new Driver(site, 4);
    Set<String> sent = site.send(driver.producer, "m", 60);
    List<MessageExt> got = driver.popAll(60, 3000, LIMIT_MS);
    Check.same("bodies", sent, bodies(got));
    Check.same("deliveries", 60, got.size());
    for (MessageExt one : got) accepted(driver.ack(one));
    Check.same("after the acks", 0, driver.popAll(1, 3000, 8000).size());
  }

  private static void again(Site site) throws Exception {
    Driver driver = new Driver(site, 1);
    Set<String> sent = site.send(driver.producer, "m", 5);
    long popped = System.currentTimeMillis();
    Check.same("first", sent, bodies(driver.popAll(5, 4000, LIMIT_MS)));
    for (int tries = 1; tries <= 2; tries++) {
      List<MessageExt> got = driver.popAll(5, 4000, 30_000);
      Check.same("try " + tries, sent, bodies(got));
      Check.that(System.currentTimeMillis() - popped >= 4000, "it came early");
      popped = System.currentTimeMillis();
      for (MessageExt one : got) {
        Check.same("tries", tries, one.getReconsumeTimes());
        Check.same("topic", site.topic, one.getTopic());
        Check.that(one.getProperty("1ST_POP_TIME") != null, "no time of the first pop");
        if (tries == 2) accepted(driver.ack(one));
      }
    }
    Check.same("after the acks", 0, driver.popAll(1, 3000, 8000).size());
  }

  private static void change(Site site) throws Exception {
    Driver driver = new Driver(site, 1);
    site.send(driver.producer, "m", 2);
    List<MessageExt> got = driver.popAll(2, 4000, LIMIT_MS);
    long began = System.currentTimeMillis();
    AckResult longer = driver.change(got.get(0).getProperty(MessageConst.PROPERTY_POP_CK), 14_000);
    accepted(longer);
    AckResult sooner = driver.change(got.get(1).getProperty(MessageConst.PROPERTY_POP_CK), 1000);
    accepted(sooner);
    MessageExt first = driver.popAll(1, 30_000, 12_000).get(0);
    Check.same("sooner", Collector.text(got.get(1)), Collector.text(first));
    accepted(driver.ack(first));
    MessageExt second = driver.popAll(1, 30_000, 40_000).get(0);
    Check.same("later", Collector.text(got.get(0)), Collector.text(second));
    Check.that(System.currentTimeMillis() - began >= 13_500, "it came early");
    accepted(driver.ack(second));
  }

  private static void batch(Site site) throws Exception {
    Driver driver = new Driver(site, 1);
    site.send(driver.producer, "m", 8);
    List<MessageExt> got = driver.popAll(8, 4000, LIMIT_MS);
    List<String> receipts = new ArrayList<>();
    for (MessageExt one : got.subList(0, 7)) {
      receipts.add(one.getProperty(MessageConst.PROPERTY_POP_CK));
    }
    accepted(
        driver
            .api
            .batchAckMessageAsync(driver.broker, site.topic, site.group, receipts, 10_000)
            .get(10, TimeUnit.SECONDS));
    List<MessageExt> rest = driver.popAll(1, 30_000, LIMIT_MS);
    Check.same("not acknowledged", bodies(got.subList(7, 8)), bodies(rest));
    Check.same("others", 0, driver.popAll(1, 3000, 3000).size());
  }

  private static void tags(Site site) throws Exception {
    Driver driver = new Driver(site, 1);
    site.send(driver.producer, "m", 3);
    Site.stored(driver.producer.send(site.message("TagB", "b")));
    site.send(driver.producer, "n", 3);
    PopMessageRequestHeader header = driver.header(32, 30_000, 5000);
    header.setExp("TagB || TagC");
    Check.same("tags", Set.of("b"), bodies(messages(driver.pop(header))));
  }

  /** By an expression; one that is none is refused. */
  private static void sql(Site site) throws Exception {
    Driver driver = new Driver(site, 1);
    Set<String> wanted = new TreeSet<>();
    for (int i = 0; i < 12; i++) {
      Message message = site.message(i % 2 == 0 ? "TagA" : "TagB", "m" + i);
      message.putUserProperty("a", String.valueOf(i));
      Site.stored(driver.producer.send(message));
      if (i % 2 == 0 && i > 5) wanted.add("m" + i);
    }
    PopMessageRequestHeader wrong = driver.header(32, 30_000, 0);
    wrong.setExpType("SQL92");
    wrong.setExp("a > 5 AND AND b = 1");
    Check.failure("an expression that is none", () -> driver.pop(wrong));
    PopMessageRequestHeader header = driver.header(32, 30_000, 5000);
    header.setExpType("SQL92");
    header.setExp("TAGS = 'TagA' AND a > 5");
    Check.same("by SQL92", wanted, bodies(messages(driver.pop(header))));
  }

  private static void longPoll(Site site) throws Exception {
    Driver driver = new Driver(site, 4);
    long began = System.nanoTime();
    PopResult none = driver.pop(driver.header(32, 30_000, 3000));
    long tookMs = (System.nanoTime() - began) / 1_000_000;
    Check.that(none.getPopStatus() != PopStatus.FOUND, "found " + none);
    Check.that(tookMs >= 2500 && tookMs < 8000, "it took " + tookMs + " ms");
    var waiting =
        driver.api.popMessageAsync(
            driver.broker, driver.brokerName, driver.header(32, 30_000, 15_000), 30_000);
    Thread.sleep(500);
    began = System.nanoTime();
    site.send(driver.producer, "m", 1);
    Check.same("arrived", Set.of("m0"), bodies(messages(waiting.get(20, TimeUnit.SECONDS))));
    tookMs = (System.nanoTime() - began) / 1_000_000;
    Check.that(tookMs < 5000, "it took " + tookMs + " ms");
  }

  private static void notification(Site site) throws Exception {
    Driver driver = new Driver(site, 1);
    Check.same("nothing", false, driver.notified(1000));
    site.send(driver.producer, "m", 1);
    Check.same("something", true, driver.notified(10_000));
    driver.popAll(1, 30_000, LIMIT_MS);
    Check.same("popped", false, driver.notified(1000));
  }

  private static PopMessageRequestHeader ordered(Driver driver, int most, String attempt) {
    PopMessageRequestHeader header = driver.header(most, 4000, 0);
    header.setOrder(true);
    header.setQueueId(0);
    header.setAttemptId(attempt);
    return header;
  }

  private static void orderly(Site site) throws Exception {
    Driver driver = new Driver(site, 1);
    site.send(driver.producer, "m", 3);
    List<MessageExt> first = messages(driver.pop(ordered(driver, 2, null)));
    Check.same("first", Set.of("m0", "m1"), bodies(first));
    Check.same("blocked", 0, messages(driver.pop(ordered(driver, 2, null))).size());
    accepted(driver.ack(first.get(0)));
    Check.same("still", 0, messages(driver.pop(ordered(driver, 2, null))).size());
    Thread.sleep(4200);
    List<MessageExt> again = messages(driver.pop(ordered(driver, 1, null)));
    Check.same("again", Set.of("m1"), bodies(again));
    Check.same("tries", 1, again.get(0).getReconsumeTimes());
    accepted(driver.ack(again.get(0)));
    List<MessageExt> last = messages(driver.pop(ordered(driver, 2, null)));
    Check.same("last", Set.of("m2"), bodies(last));
    accepted(driver.ack(last.get(0)));
  }

  private static void attempt(Site site) throws Exception {
    Driver driver = new Driver(site, 1);
    site.send(driver.producer, "m", 3);
    Set<String> two = Set.of("m0", "m1");
    Check.same("first", two, bodies(messages(driver.pop(ordered(driver, 2, "a")))));
    Check.same("other", 0, messages(driver.pop(ordered(driver, 2, "b"))).size());
    List<MessageExt> again = messages(driver.pop(ordered(driver, 2, "a")));
    Check.same("same", two, bodies(again));
    for (MessageExt one : again) accepted(driver.ack(one));
    Check.same("next", Set.of("m2"), bodies(messages(driver.pop(ordered(driver, 2, "b")))));
  }

  private static void refused(Site site) throws Exception {
    Driver driver = new Driver(site, 1);
    Check.failure("33 messages", () -> driver.pop(driver.header(33, 1000, 0)));
    PopMessageRequestHeader unknown = driver.header(1, 1000, 0);
    unknown.setTopic(site.topic + "_none");
    Check.failure("an unknown topic", () -> driver.pop(unknown));
    PopMessageRequestHeader queue = driver.header(1, 1000, 0);
    queue.setQueueId(9);
    Check.failure("an unknown queue", () -> driver.pop(queue));
  }

  private static void popMode(Driver driver, int share) throws Exception {
    driver.api.setMessageRequestMode(
        driver.broker,
        driver.site.topic,
        driver.site.group,
        MessageRequestMode.POP,
        share,
        10_000);
  }

  private static DefaultMQPushConsumer popping(
      Site site, String instance, MessageListenerConcurrently listener) throws Exception {
    DefaultMQPushConsumer consumer = site.push("*", listener);
    consumer.setInstanceName(site.group + instance);
    consumer.setClientRebalance(false);
    consumer.setPopInvisibleTime(10_000);
    consumer.start();
    return consumer;
  }

  private static void push(Site site) throws Exception {
    Driver driver = new Driver(site, 4);
    popMode(driver, 0);
    Set<String> sent = site.send(driver.producer, "early", 50);
    Collector one = new Collector();
    Collector two = new Collector();
    popping(site, "one", one);
    popping(site, "two", two);
    Check.until(40_000, () -> one.count() + two.count() + " came", () -> one.count() + two.count() >= 50);
    sent.addAll(site.send(driver.producer, "late", 50));
    Check.until(
        40_000, () -> one.count() + two.count() + " came", () -> one.count() + two.count() >= 100);
    Set<String> got = one.bodies();
    got.addAll(two.bodies());
    Check.same("bodies", sent, got);
    Thread.sleep(13_000);
    Check.same("deliveries", 100, one.count() + two.count());
    Check.that(one.all().get(0).getProperty(MessageConst.PROPERTY_POP_CK) != null, "no receipt");
  }

  private static void pushRetries(Site site) throws Exception {
    Driver driver = new Driver(site, 1);
    popMode(driver, 0);
    site.send(driver.producer, "m", 5);
    Map<String, Integer> tries = new ConcurrentHashMap<>();
    AtomicBoolean isWrong = new AtomicBoolean();
    popping(
        site,
        "one",
        (arrived, context) -> {
          boolean isAgain = true;
          for (MessageExt one : arrived) {
            int before = tries.merge(Collector.text(one), 1, Integer::sum) - 1;
            if (before != one.getReconsumeTimes()) isWrong.set(true);
            if (before == 0) isAgain = false;
          }
          return isAgain
              ? ConsumeConcurrentlyStatus.CONSUME_SUCCESS
              : ConsumeConcurrentlyStatus.RECONSUME_LATER;
        });
    Check.until(
        60_000,
        () -> "tries " + tries,
        () -> tries.size() == 5 && Collections.min(tries.values()) == 2);
    Thread.sleep(12_000);
    Check.same("tries", Set.of(2), new TreeSet<>(tries.values()));
    Check.same("wrong count of tries", false, isWrong.get());
  }

  private static void shared(Site site) throws Exception {
    Driver driver = new Driver(site, 4);
    popMode(driver, 1);
    Collector one = new Collector();
    Collector two = new Collector();
    popping(site, "one", one);
    popping(site, "two", two);
    Thread.sleep(3000);
    Set<String> sent = site.send(driver.producer, "m", 60);
    Check.until(
        60_000, () -> one.count() + two.count() + " came", () -> one.count() + two.count() >= 60);
    Set<String> got = one.bodies();
    got.addAll(two.bodies());
    Check.same("bodies", sent, got);
  }

  private static void assignment(Site site) throws Exception {
    Driver driver = new Driver(site, 4);
    DefaultMQPushConsumer consumer = popping(site, "one", new Collector());
    String client = consumer.buildMQClientId();
    Map<String, Set<Integer>> found = new TreeMap<>();
    for (int share : Arrays.asList(-1, 1)) {
      if (share >= 0) popMode(driver, 0);
      Set<MessageQueueAssignment> assigned =
          driver.api.queryAssignment(
              driver.broker, site.topic, site.group, client, "AVG", MessageModel.CLUSTERING, 10_000);
      Set<Integer> queues = new TreeSet<>();
      for (MessageQueueAssignment each : assigned) queues.add(each.getMessageQueue().getQueueId());
      found.put(assigned.iterator().next().getMode().name(), queues);
    }
    Check.same("assignments", Map.of("PULL", Set.of(0, 1, 2, 3), "POP", Set.of(-1)), found);
  }
}
